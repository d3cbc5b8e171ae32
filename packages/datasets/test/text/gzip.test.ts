import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type DatasetProgress, defaultCacheFolder } from '../../src/index.ts';
import { fileOf, openForTest, temporaryFolder } from '../temporary-folder.ts';

/** Text that does not pack well, so that the packed file has many pages. */
function noise(bytes: number): Buffer {
  const all = Buffer.alloc(bytes);
  for (let index = 0, state = 1; index < bytes; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    all[index] = 32 + (state >>> 26);
  }
  return all;
}

describe('a packed file', () => {
  it('reads as its text', async () => {
    const text = noise(3_000_000);
    const dataset = await openForTest(await fileOf(gzipSync(text), 'text.gz'), { split: { all: 1 } });
    const into = new Int32Array(text.length);
    await dataset.split('all').read(0, into);
    expect(Buffer.from(into).equals(text)).toBe(true);
  });

  it('of several parts reads as all of them', async () => {
    const packed = Buffer.concat([gzipSync('abc'), gzipSync('def')]);
    expect((await openForTest(await fileOf(packed, 'text.gz'))).tokens).toBe(6);
  });

  it('is unpacked once', async () => {
    const path = await fileOf(gzipSync('abc'), 'text.gz');
    const steps: string[] = [];
    const onProgress = ({ step }: DatasetProgress): void => void steps.push(step);
    await openForTest(path, { onProgress });
    expect(steps).toContain('tokenising');
    steps.length = 0;
    await openForTest(path, { onProgress });
    expect(steps).not.toContain('tokenising');
  });

  it('gives characters too', async () => {
    const path = await fileOf(gzipSync('é€é'), 'text.gz');
    const dataset = await openForTest(path, { tokenizer: 'characters' });
    expect([dataset.tokens, dataset.fingerprint.bytes]).toEqual([3, 7]);
  });

  it.each([
    [
      'cut short',
      () => gzipSync(noise(1000)).subarray(0, 500),
      'corrupt',
      'got a file that is cut short; fetch the file again',
    ],
    [
      'cut before its checksum',
      () => gzipSync('abc').subarray(0, -8),
      'corrupt',
      'got a file that is cut short',
    ],
    [
      'not packed at all',
      () => Buffer.from('plain text'),
      'corrupt',
      'got damaged data (Error: incorrect header check)',
    ],
    ['packed from nothing', () => gzipSync(''), 'empty', 'got a file that holds none'],
    ['empty', () => Buffer.alloc(0), 'empty', 'got a file of no bytes'],
  ])('is refused when %s', async (_name, make, reason, message) => {
    const path = await fileOf(make(), 'text.gz');
    await expect(openForTest(path)).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(message),
    });
    await expect(openForTest(path)).rejects.toThrow(path);
  });

  it('is refused when its checksum is wrong, leaving nothing in the cache', async () => {
    const packed = gzipSync(noise(1000));
    packed[packed.length - 5]! ^= 1;
    const path = await fileOf(packed, 'text.gz');
    await expect(openForTest(path)).rejects.toThrow('incorrect data check');
    expect(await readdir(`${path}.cache`)).toEqual([]);
  });

  it('is refused when it unpacks to more than the limit, leaving nothing in the cache', async () => {
    const path = await fileOf(gzipSync(Buffer.alloc(10_000_000)), 'bomb.gz');
    await expect(openForTest(path, { maxUnpackedBytes: 9_999_999 })).rejects.toMatchObject({
      reason: 'too-large',
      message: `unpack ${path}: expected at most 9999999 bytes of text, got more; unpack it yourself, or if the file is to be trusted, raise maxUnpackedBytes`,
    });
    expect(await readdir(`${path}.cache`)).toEqual([]);
  });

  it('is taken at exactly the limit, and refused below it from the cache too', async () => {
    const path = await fileOf(gzipSync(Buffer.alloc(1000)), 'text.gz');
    expect((await openForTest(path, { maxUnpackedBytes: 1000 })).tokens).toBe(1000);
    await expect(openForTest(path, { maxUnpackedBytes: 999 })).rejects.toMatchObject({ reason: 'too-large' });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a limit of %s',
    async (maxUnpackedBytes) => {
      await expect(openForTest(await fileOf('abc'), { maxUnpackedBytes })).rejects.toThrow(
        'maxUnpackedBytes must be a whole number',
      );
    },
  );
});

describe('the cache folder', () => {
  it('is refused when it is a file', async () => {
    const path = await fileOf(gzipSync('abc'), 'text.gz');
    const cacheFolder = join(await temporaryFolder(), 'file');
    await writeFile(cacheFolder, '');
    await expect(openForTest(path, { cacheFolder })).rejects.toMatchObject({
      reason: 'cache',
      message: expect.stringContaining(
        `token cache ${cacheFolder}: expected a folder to keep tokens in, got a file`,
      ),
    });
  });

  it('is the same for two that write at once', async () => {
    const path = await fileOf(gzipSync(noise(100_000)), 'text.gz');
    const both = await Promise.all([openForTest(path), openForTest(path)]);
    expect(both.map(({ tokens }) => tokens)).toEqual([100_000, 100_000]);
    expect((await readdir(`${path}.cache`)).length).toBe(1);
  });

  it('is a folder of its own in that of the system unless told', () => {
    expect(defaultCacheFolder()).toMatch(/sparse-transformers.datasets$/);
  });
});
