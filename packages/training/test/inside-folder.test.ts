/** Whatever lies under the names of a run's checkpoints: it is refused by name, and nothing outside the run is touched. */
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  latestCheckpoint,
  listInside,
  lockRun,
  makeFolders,
  openInside,
  RunFolderError,
  readInside,
  removeEmptyFolders,
  writeCheckpoint,
} from '../src/index.ts';

let [base, run, outside] = ['', '', ''];

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'inside-')));
  [run, outside] = [join(base, 'run'), join(base, 'outside')];
  mkdirSync(run);
  mkdirSync(join(outside, 'writing-step-000000001'), { recursive: true });
  writeFileSync(join(outside, 'file'), 'theirs');
  writeFileSync(join(outside, 'writing-step-000000001', 'file'), 'theirs');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const files = new Map([['state.json', new Uint8Array(9)]]);

const things: Record<string, (path: string) => void> = {
  'a link to a file': (path) => symlinkSync(join(outside, 'file'), path),
  'a link to a folder': (path) => symlinkSync(outside, path),
  'a link to nothing': (path) => symlinkSync(join(outside, 'nothing'), path),
  'a pipe': (path) => execFileSync('mkfifo', [path]),
  'a device': (path) => execFileSync('mknod', [path, 'c', '1', '5']),
};

/** Places, and whether a file or a folder belongs there. */
const places: [path: string, kind: 'file' | 'folder'][] = [
  ['checkpoints', 'folder'],
  ['checkpoints/step-000000001', 'folder'],
  ['checkpoints/writing-step-000000002', 'folder'],
  ['checkpoints/step-000000001/manifest.json', 'file'],
  ['checkpoints/step-000000001/state.json', 'file'],
  ['run.lock', 'file'],
];

const matrix = places.flatMap(([place, kind]) => {
  const other = kind === 'file' ? 'a folder' : 'a file';
  return [...Object.keys(things), other].map((thing) => ({ place, kind, thing }));
});

describe.each(matrix)('$thing as $place', ({ place, thing }) => {
  it('is refused by name, and nothing outside is touched', async () => {
    await writeCheckpoint(run, 1, files, { keep: 1 });
    const path = join(run, place);
    rmSync(path, { recursive: true, force: true });
    if (thing === 'a folder') mkdirSync(path);
    else if (thing === 'a file') writeFileSync(path, '');
    else things[thing]!(path);
    const before = contentOf(outside);
    const attempts = [
      async () => lockRun(run).release(),
      () => latestCheckpoint(run),
      () => writeCheckpoint(run, 1, files, { keep: 1 }),
      () => writeCheckpoint(run, 2, files, { keep: 1 }),
    ];
    const said: string[] = [];
    for (const attempt of attempts) {
      const result = await attempt().catch((error: Error) => error);
      if (result instanceof Error) said.push(result.message);
      else if (result && 'notRemoved' in result)
        said.push(...result.notRemoved.map(({ error }) => String(error)));
    }
    expect(said.join('\n')).toContain(`${path}: expected`);
    expect(contentOf(outside)).toEqual(before);
  });
});

describe('openInside', () => {
  it('gives null for what is not there, and makes what is appended to', () => {
    expect(openInside(run, join(run, 'a'), 'read')).toBeNull();
    expect(readInside(run, join(run, 'a', 'b'), 9)).toBeNull();
    expect(listInside(run, join(run, 'a'))).toEqual([]);
    expect(openInside(run, join(run, 'a'), 'append')).toBeGreaterThan(0);
    expect(readInside(run, join(run, 'a'), 9)).toHaveLength(0);
  });

  it('takes a link that the folder is reached by', () => {
    symlinkSync(outside, join(base, 'alias'));
    expect(String(readInside(join(base, 'alias'), join(base, 'alias', 'file'), 9))).toBe('theirs');
  });

  it.each(['../outside/file', '..', '/etc/passwd'])('refuses %s, which lies elsewhere', (path) => {
    expect(() => readInside(run, path.startsWith('/') ? path : join(run, path), 9)).toThrow(RunFolderError);
  });

  it('refuses more bytes than asked for', () => {
    writeFileSync(join(run, 'a'), '0123456789');
    expect(() => readInside(run, join(run, 'a'), 9)).toThrow('expected at most 9 bytes; got 10');
  });

  it('does not write to a file that has a name elsewhere, and reads it', () => {
    linkSync(join(outside, 'file'), join(run, 'a'));
    expect(String(readInside(run, join(run, 'a'), 9))).toBe('theirs');
    for (const mode of ['write', 'append'] as const)
      expect(() => openInside(run, join(run, 'a'), mode)).toThrow('another name elsewhere (a hard link)');
  });
});

describe('makeFolders', () => {
  it('gives the folders that it made, and takes them back as far as they are empty', () => {
    const made = makeFolders(join(run, 'a', 'b', 'c'));
    expect(made).toEqual(['a', 'a/b', 'a/b/c'].map((path) => join(run, path)));
    expect(makeFolders(join(run, 'a', 'b'))).toEqual([]);
    mkdirSync(join(run, 'a', 'theirs'));
    removeEmptyFolders(made);
    expect(readdirSync(join(run, 'a'))).toEqual(['theirs']);
  });

  it('ends where the system makes none', () => {
    expect(() => makeFolders('/proc/nowhere/run')).toThrow('ENOENT');
  });

  it('leaves nothing behind when it fails', () => {
    expect(() => makeFolders(join(run, 'a', 'x'.repeat(300)))).toThrow('ENAMETOOLONG');
    expect(readdirSync(run)).toEqual([]);
  });
});

/** Every name below a folder, with the content of files. */
function contentOf(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry): [string, string] => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isFile() ? readFileSync(path, 'latin1') : ''];
    })
    .sort();
}
