import { execFile } from 'node:child_process';
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { TextDataset, TextDatasetOptions } from '../src/index.ts';
import { damage, fileOf, openForTest } from './temporary-folder.ts';

const program = fileURLToPath(new URL('make-text-cache.ts', import.meta.url));

/** Runs the program that makes a cache of tokens. */
async function makeElsewhere(path: string, ...more: string[]): Promise<unknown> {
  const flags = ['--conditions=@sparse-transformers/source', '--import', 'tsx'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    program,
    path,
    `${path}.cache`,
    ...more,
  ]);
  return JSON.parse(stdout);
}

/** Text of 3 MB that does not pack well, so that tokenising it makes many reports. */
function noise(): Buffer {
  const all = Buffer.alloc(3_000_000);
  for (let index = 0, state = 1; index < all.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    all[index] = 32 + (state >>> 26);
  }
  return all;
}

async function idsOf(dataset: TextDataset): Promise<number[]> {
  const ids = new Int32Array(dataset.tokens);
  await dataset.split('all').read(0, ids);
  return [...ids];
}

/** Opens a text of one split, and tells which steps that took. */
async function openWatched(path: string, options: Partial<TextDatasetOptions> = {}) {
  const steps = new Set<string>();
  const onProgress: TextDatasetOptions['onProgress'] = ({ step }) => void steps.add(step);
  const dataset = await openForTest(path, { split: { all: 1 }, onProgress, ...options });
  return { dataset, steps: [...steps] };
}

/** The one folder of tokens beside a file. */
async function tokensFolder(path: string): Promise<string> {
  const names = await readdir(`${path}.cache`);
  expect(names).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.tokens$/)]);
  return join(`${path}.cache`, names[0]!);
}

describe('tokens in the cache', () => {
  it('are made once, by characters with their alphabet, and found for the same text under another name', async () => {
    const path = await fileOf('abcabc');
    const first = await openWatched(path, { tokenizer: 'characters' });
    expect(first.steps).toEqual(['reading', 'building the vocabulary', 'tokenising']);
    const again = await openWatched(path, { tokenizer: 'characters' });
    expect(again.steps).toEqual(['reading']);
    expect(await idsOf(again.dataset)).toEqual([0, 1, 2, 0, 1, 2]);
    await copyFile(path, `${path}.txt`);
    const moved = await openWatched(`${path}.txt`, { tokenizer: 'characters', cacheFolder: `${path}.cache` });
    expect(moved.steps).toEqual(['reading']);
  });

  it('are of another text once the file is changed', async () => {
    const path = await fileOf(gzipSync('abc'), 'text.txt.gz');
    await openWatched(path);
    await writeFile(path, gzipSync('abd'));
    expect(await idsOf((await openWatched(path)).dataset)).toEqual([97, 98, 100]);
  });

  it.each([
    ['without its index', (folder: string) => rm(join(folder, 'index.json'))],
    ['with a damaged index', (folder: string) => damage(join(folder, 'index.json'))],
    [
      'with an index of another version',
      (folder: string) => edit(join(folder, 'index.json'), '"version":2', '"version":1'),
    ],
    ['with a shard cut short', (folder: string) => truncate(join(folder, '000000.ids'), 2)],
    ['without a shard', (folder: string) => rm(join(folder, '000001.ids'))],
  ])('are made anew: a folder %s', async (_name, spoil) => {
    const path = await fileOf('abcabc');
    const options = { tokenizer: 'characters', shardBytes: 4 } as const;
    await (await openWatched(path, options)).dataset.close();
    await spoil(await tokensFolder(path));
    const again = await openWatched(path, options);
    expect(again.steps).toContain('tokenising');
    expect(await idsOf(again.dataset)).toEqual([0, 1, 2, 0, 1, 2]);
    expect((await readdir(await tokensFolder(path))).sort()).toEqual([
      '000000.ids',
      '000001.ids',
      'index.json',
    ]);
  });

  it.each([
    ['damaged', damage],
    ['missing', (shard: string) => rm(shard)],
    ['a folder', (shard: string) => rm(shard).then(() => mkdir(shard))],
  ])('are made again on the way where a shard is %s', async (_, spoil) => {
    const path = await fileOf('abcabc');
    const options = { tokenizer: 'characters', shardBytes: 4 } as const;
    await (await openWatched(path, options)).dataset.close();
    const { dataset } = await openWatched(path, options);
    await spoil(join(await tokensFolder(path), '000001.ids'));
    const split = dataset.split('all');
    const both = [new Int32Array(4), new Int32Array(3)] as const;
    await Promise.all([split.read(0, both[0]), split.read(3, both[1])]);
    expect(both.map((ids) => [...ids])).toEqual([
      [0, 1, 2, 0],
      [0, 1, 2],
    ]);
    expect((await openWatched(path, options)).steps).not.toContain('tokenising');
  });

  it('are named as the cache where they are damaged and the text is gone', async () => {
    const path = await fileOf('abcabc');
    const options = { tokenizer: 'characters' } as const;
    const { dataset } = await openWatched(path, options);
    await damage(join(await tokensFolder(path), '000000.ids'));
    await rm(path);
    await expect(dataset.split('all').read(0, new Int32Array(4))).rejects.toMatchObject({
      reason: 'cache',
      message: expect.stringMatching(
        /^token cache .* which could not be made again: .*; check the disk, or pass another cacheFolder$/,
      ),
    });
  });

  it.each([
    ['a file', (place: string) => writeFile(place, '')],
    ['a link to nothing', (place: string) => symlink('nowhere', place)],
  ])('are made in place of %s', async (_, put) => {
    const path = await fileOf('abcabc');
    const options = { tokenizer: 'characters' } as const;
    await (await openWatched(path, options)).dataset.close();
    const folder = await tokensFolder(path);
    await rm(folder, { recursive: true });
    await put(folder);
    expect(await idsOf((await openWatched(path, options)).dataset)).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it.each([
    ['a file', (place: string) => writeFile(place, ''), 'a file'],
    ['a link to nothing', (place: string) => symlink('nowhere', place), 'a link that leads nowhere'],
    ['a folder below a file', (place: string) => writeFile(join(place, '..'), ''), 'a file in its place'],
  ])('are refused where the cache is %s, with the ways out', async (_, put, came) => {
    const path = await fileOf('abc');
    const parent = `${path}.parent`;
    const cacheFolder = join(parent, 'cache');
    if (came !== 'a file in its place') await mkdir(parent);
    await put(cacheFolder);
    await expect(openWatched(path, { tokenizer: 'characters', cacheFolder })).rejects.toMatchObject({
      reason: 'cache',
      message: expect.stringMatching(
        new RegExp(
          `^token cache ${cacheFolder}: expected a folder to keep tokens in, got .*${came}.*or pass another cacheFolder$`,
        ),
      ),
    });
  });

  it('are refused where the system makes no folders', async () => {
    const cacheFolder = '/proc/none/cache';
    const opened = openWatched(await fileOf('abc'), { tokenizer: 'characters', cacheFolder });
    await expect(opened).rejects.toThrow(
      `token cache ${cacheFolder}: expected a folder to keep tokens in, got a place where the system makes no folders (ENOENT)`,
    );
  });

  it('are refused with ids that the tokenizer has not, in an index with forged checksums', async () => {
    const path = await fileOf('abcabc');
    await (await openWatched(path, { tokenizer: 'characters' })).dataset.close();
    const folder = await tokensFolder(path);
    const forged = await fileOf(Uint8Array.of(9, 9, 9, 9, 9, 9));
    const { sha256 } = (await openForTest(forged)).fingerprint;
    await copyFile(forged, join(folder, '000000.ids'));
    const [body = ''] = (await readFile(join(folder, 'index.json'), 'utf8')).split('\n');
    const index = body.replace(
      /"shards":\[\{"bytes":6,"sha256":"\w+"/,
      `"shards":[{"bytes":6,"sha256":"${sha256}"`,
    );
    const { fingerprint } = await openForTest(await fileOf(index));
    await writeFile(join(folder, 'index.json'), `${index}\n${fingerprint.sha256}\n`);
    const { dataset, steps } = await openWatched(path, { tokenizer: 'characters' });
    expect(steps).not.toContain('tokenising');
    await expect(dataset.split('all').read(0, new Int32Array(1))).rejects.toThrow(
      'expected ids from 0 to 2, got 9',
    );
  });
});

async function edit(path: string, before: string, after: string): Promise<void> {
  await writeFile(path, (await readFile(path, 'utf8')).replace(before, after));
}

describe('several processes', () => {
  it('that make the same tokens at once all get them, and leave one folder', async () => {
    const path = await fileOf(gzipSync(noise()), 'text.txt.gz');
    const [first, second] = await Promise.all([makeElsewhere(path), makeElsewhere(path)]);
    expect(first).toEqual(second);
    const { dataset, steps } = await openWatched(path, { shardBytes: 2 ** 18 });
    expect(steps).toEqual(['reading']);
    expect(Buffer.from(await idsOf(dataset)).equals(noise())).toBe(true);
    await tokensFolder(path);
  });

  it('of which one is killed leave nothing that is taken for whole, and nothing for long', async () => {
    const path = await fileOf(gzipSync(noise()), 'text.txt.gz');
    await expect(makeElsewhere(path, '2')).rejects.toMatchObject({ signal: 'SIGKILL' });
    expect(await readdir(`${path}.cache`)).toEqual([expect.stringMatching(/\.partial$/)]);
    const { dataset } = await openWatched(path, { shardBytes: 2 ** 18 });
    expect(Buffer.from(await idsOf(dataset)).equals(noise())).toBe(true);
    await tokensFolder(path);
  });
});

describe('a large text', () => {
  it.each([
    ['plain', 'large.txt', Buffer.alloc(2 ** 24, 'x'), 'y'],
    ['packed', 'large.txt.gz', gzipSync(Buffer.alloc(2 ** 24, 'x'), { level: 0 }), ''],
  ])(
    'that is %s is not read again while it looks the same, and is when it does not',
    async (_n, name, content, end) => {
      const path = await fileOf(content, name);
      const before = (await openWatched(path)).dataset;
      const again = await openWatched(path);
      expect(again.steps).toEqual([]);
      expect(again.dataset.fingerprint).toEqual(before.fingerprint);
      await utimes(path, new Date('2040-01-01'), new Date('2040-01-01'));
      expect((await openWatched(path)).steps).toEqual(['reading']);
      await writeFile(
        path,
        end === '' ? gzipSync(Buffer.alloc(2 ** 24, 'y'), { level: 0 }) : Buffer.alloc(2 ** 24, end),
      );
      await utimes(path, new Date('2040-01-01'), new Date('2040-01-01'));
      const changed = await openWatched(path);
      expect(changed.dataset.fingerprint.sha256).not.toBe(before.fingerprint.sha256);
    },
  );

  it('is read again where the record of its checksum is damaged', async () => {
    const path = await fileOf(Buffer.alloc(2 ** 24, 'x'));
    await openWatched(path);
    const [record] = await readdir(`${path}.cache`);
    await writeFile(join(`${path}.cache`, record!), '{"x":');
    expect((await openWatched(path)).steps).toEqual(['reading']);
  });
});
