import { constants } from 'node:buffer';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  CheckpointError,
  type CheckpointFileSystem,
  latestCheckpoint,
  listCheckpoints,
  nodeFileSystem,
  readCheckpoint,
  TrainingError,
  type WriteCheckpointOptions,
  writeCheckpoint,
} from '../src/index.ts';
import { failing, failures, wrapped } from './failing-disk.ts';

let run = '';

beforeEach(() => {
  run = realpathSync(mkdtempSync(join(tmpdir(), 'checkpoints-')));
});

afterEach(() => {
  rmSync(run, { recursive: true, force: true });
});

/** Files whose content tells the step. */
const filesOf = (step: number) =>
  new Map([
    ['weights.safetensors', new Uint8Array(1000).fill(step)],
    ['state.json', Uint8Array.from(Buffer.from(`{"step":${step}}`))],
    ['empty', new Uint8Array()],
  ]);

const write = (step: number, options: Partial<WriteCheckpointOptions> = {}) =>
  writeCheckpoint(run, step, filesOf(step), { keep: 2, ...options });

const stepsThere = async () => (await listCheckpoints(run)).map(({ step }) => step);

describe('writeCheckpoint', () => {
  it('writes files that latestCheckpoint gives back', async () => {
    const place = await write(300);
    const folder = join(run, 'checkpoints', 'step-000000300');
    expect(place).toEqual({ step: 300, folder, notRemoved: [] });
    expect(await latestCheckpoint(run)).toEqual({ step: 300, folder, files: filesOf(300) });
  });

  it('writes a manifest with sizes and checksums', async () => {
    const { folder } = await writeCheckpoint(run, 7, new Map([['a', Uint8Array.from(Buffer.from('abc'))]]), {
      keep: 1,
    });
    expect(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))).toEqual({
      format: 'sparse-transformers checkpoint',
      version: 1,
      step: 7,
      files: [
        { name: 'a', bytes: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
      ],
    });
  });

  it('brings the files, then the folder, then its name to the disk, and only then removes older ones', async () => {
    await write(1, { keep: 1 });
    const trace: string[] = [];
    await write(2, {
      keep: 1,
      fileSystem: watched((operation, path) => trace.push(`${operation} ${basename(path)}`)),
    });
    expect(trace.filter((line) => !line.startsWith('list'))).toEqual([
      'makeFolder checkpoints',
      `syncFolder ${basename(run)}`,
      'syncFolder checkpoints',
      'makeFolder writing-step-000000002',
      'writeFile weights.safetensors',
      'writeFile state.json',
      'writeFile empty',
      'writeFile manifest.json',
      'syncFolder writing-step-000000002',
      'renameFolder writing-step-000000002',
      'syncFolder checkpoints',
      'renameFolder step-000000001',
      'syncFolder checkpoints',
      'removeFolder removing-step-000000001',
    ]);
  });

  it('keeps the newest checkpoints', async () => {
    for (const step of [1, 2, 10, 100]) await write(step);
    expect(await stepsThere()).toEqual([10, 100]);
  });

  it('keeps the checkpoint just written, even if later ones are there', async () => {
    await write(10);
    await write(5, { keep: 1 });
    expect(await stepsThere()).toEqual([5]);
  });

  it('keeps the best one besides the newest', async () => {
    for (const step of [1, 2, 3, 4]) await write(step, { best: 2 });
    expect(await stepsThere()).toEqual([2, 3, 4]);
    await write(5, { best: 2 });
    expect(await stepsThere()).toEqual([2, 4, 5]);
    await write(6, { best: 5, keep: 1 });
    expect(await stepsThere()).toEqual([5, 6]);
    await write(7, { best: 7, keep: 1 });
    expect(await stepsThere()).toEqual([7]);
  });

  it('keeps others that are named', async () => {
    for (const step of [1, 2, 3]) await write(step, { keep: 3 });
    await write(4, { keep: 1, best: 1, stay: [3] });
    expect(await stepsThere()).toEqual([1, 3, 4]);
  });

  it('takes a best step that no checkpoint was written at', async () => {
    for (const step of [10, 20, 30]) await write(step, { best: 15 });
    expect(await stepsThere()).toEqual([20, 30]);
  });

  it('refuses a best step that is none', async () => {
    await expect(write(1, { best: -1 })).rejects.toThrow('best must be a whole number >= 0');
  });

  it('writes nothing if the very same checkpoint is there', async () => {
    await write(1);
    const operations: string[] = [];
    await write(1, { fileSystem: watched((operation) => operations.push(operation)) });
    expect(operations).not.toContain('writeFile');
  });

  it('refuses to replace another checkpoint of the same step', async () => {
    await write(1);
    const other = writeCheckpoint(run, 1, filesOf(2), { keep: 2 });
    await expect(other).rejects.toThrow('another checkpoint of this step is there; move it away');
    expect((await latestCheckpoint(run))?.files).toEqual(filesOf(1));
  });

  it('removes what interrupted writes left, and nothing else', async () => {
    for (const name of ['writing-step-000000009', 'removing-step-000000001', 'writing-mine', 'step-9']) {
      mkdirSync(join(run, 'checkpoints', name, 'inner'), { recursive: true });
    }
    await write(10);
    expect(readdirSync(join(run, 'checkpoints')).sort()).toEqual([
      'step-000000010',
      'step-9',
      'writing-mine',
    ]);
  });

  it.each([
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    '/etc/passwd',
    '.hidden',
    '-x',
    'a\0b',
    'ä',
    'x'.repeat(101),
    'a:b',
  ])('refuses the file name %j, and writes nothing', async (name) => {
    const writing = writeCheckpoint(run, 1, new Map([[name, new Uint8Array()]]), { keep: 1 });
    await expect(writing).rejects.toThrow('is not allowed');
    expect(readdirSync(run)).toEqual([]);
  });

  it.each([[['manifest.json']], [['Manifest.JSON']], [['a', 'A']]])(
    'refuses names that would be one file: %j',
    async (names) => {
      const files = new Map(names.map((name) => [name, new Uint8Array()]));
      await expect(writeCheckpoint(run, 1, files, { keep: 1 })).rejects.toThrow('is taken');
    },
  );

  it.each([-1, 0.5, Number.NaN])('refuses the step %d', async (step) => {
    await expect(writeCheckpoint(run, step, new Map(), { keep: 1 })).rejects.toThrow(TrainingError);
  });

  it('refuses a step that its folder name has no room for', async () => {
    await expect(writeCheckpoint(run, 1e9, new Map(), { keep: 1 })).rejects.toThrow('at most 999999999');
  });

  it('refuses to keep none', async () => {
    await expect(write(1, { keep: 0 })).rejects.toThrow('keep must be a whole number >= 1');
  });
});

describe('reading a checkpoint', () => {
  it('gives null for a run without checkpoints, or no run', async () => {
    expect(await latestCheckpoint(run)).toBeNull();
    expect(await latestCheckpoint(join(run, 'nowhere'))).toBeNull();
  });

  it('ignores what interrupted writes left', async () => {
    await write(1);
    mkdirSync(join(run, 'checkpoints', 'writing-step-000000002'));
    expect((await latestCheckpoint(run))?.step).toBe(1);
  });

  it('reads only the files asked for', async () => {
    const { folder } = await write(1);
    rmSync(join(folder, 'state.json'));
    const only = ['weights.safetensors'];
    const weights = new Map([['weights.safetensors', filesOf(1).get('weights.safetensors')]]);
    expect((await readCheckpoint(folder, { only })).files).toEqual(weights);
    expect((await latestCheckpoint(run, { only }))?.files).toEqual(weights);
    appendFileSync(join(folder, 'weights.safetensors'), 'x');
    await expect(readCheckpoint(folder, { only })).rejects.toThrow('expected 1000 bytes; got 1001');
  });

  it('names a file asked for that the manifest does not have', async () => {
    const { folder } = await write(1);
    await expect(readCheckpoint(folder, { only: ['average.safetensors'] })).rejects.toThrow(
      'no file "average.safetensors" in this checkpoint; it has empty, state.json, weights.safetensors',
    );
  });

  it('goes on to a newer one if the newest was removed meanwhile', async () => {
    await write(1, { keep: 1 });
    let isWritten = false;
    const fileSystem = watched(async (operation) => {
      if (operation !== 'fileSize' || isWritten) return;
      isWritten = true;
      await write(2, { keep: 1 });
    });
    expect((await latestCheckpoint(run, { fileSystem }))?.files).toEqual(filesOf(2));
  });

  it.each<[string, (path: string) => void, string]>([
    ['is missing', (path) => rmSync(path), 'the file is missing'],
    ['was cut off', (path) => truncateSync(path, 999), 'expected 1000 bytes; got 999'],
    ['has grown', (path) => appendFileSync(path, 'x'), 'expected 1000 bytes; got 1001'],
    ['was changed', (path) => writeFileSync(path, Buffer.alloc(1000, 2)), 'its content has changed'],
    ['is a link', replaceByLink, 'expected a regular file'],
    ['is a folder', replaceByFolder, 'expected a regular file'],
  ])('names a file that %s, and the way out', async (_, damage, message) => {
    await write(0);
    const { folder } = await write(1);
    const path = join(folder, 'weights.safetensors');
    damage(path);
    await expect(latestCheckpoint(run)).rejects.toThrow(`checkpoint ${path}: ${message}`);
    await expect(latestCheckpoint(run)).rejects.toThrow(
      'remove its folder to go on from the checkpoint before',
    );
    await expect(readCheckpoint(folder)).rejects.toThrow(CheckpointError);
  });

  it('names a checkpoint that stands under another step', async () => {
    const { folder } = await write(1);
    await nodeFileSystem.renameFolder(folder, join(run, 'checkpoints', 'step-000000002'));
    await expect(latestCheckpoint(run)).rejects.toThrow('expected step 2; got 1');
  });

  const valid = { format: 'sparse-transformers checkpoint', version: 1, step: 1 };

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'expected JSON'],
    ['null', null, 'expected format'],
    ['another format', { ...valid, format: 'x', files: [] }, 'expected format'],
    ['a newer version', { ...valid, version: 2, files: [] }, 'it may be of a newer release'],
    ['no step', { ...valid, step: undefined, files: [] }, 'expected a step and a list of files'],
    ['a negative step', { ...valid, step: -1, files: [] }, 'expected a step and a list of files'],
    ['no list', { ...valid, files: {} }, 'expected a step and a list of files'],
    ['an entry of null', { ...valid, files: [null] }, 'expected a name, bytes and sha256'],
    [
      'a fractional size',
      { ...valid, files: [{ name: 'a', bytes: 0.5, sha256: '' }] },
      'expected a name, bytes',
    ],
    ['a path', { ...valid, files: [{ name: '../../x', bytes: 0, sha256: '' }] }, 'is not allowed'],
    ['a name twice', { ...valid, files: Array(2).fill({ name: 'a', bytes: 0, sha256: '' }) }, 'is taken'],
    ['2 MB', ' '.repeat(2e6), 'expected at most 1048576 bytes; got 2000000'],
  ])('names a manifest with %s', async (_, content, message) => {
    const { folder } = await write(1);
    const path = join(folder, 'manifest.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    await expect(readCheckpoint(folder)).rejects.toThrow(message);
    await expect(readCheckpoint(folder)).rejects.toThrow(`checkpoint ${path}: `);
  });

  it('names a file that is larger than Node or the memory can hold, before memory is taken', async () => {
    const { folder } = await write(1);
    const most = Math.min(constants.MAX_LENGTH, totalmem());
    const files = [{ name: 'state.json', bytes: most + 1, sha256: '' }];
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...valid, files }));
    truncateSync(join(folder, 'state.json'), most + 1);
    const what =
      most === constants.MAX_LENGTH
        ? `${join(folder, 'state.json')}: expected at most`
        : `${folder}: expected files that fit into the`;
    await expect(readCheckpoint(folder)).rejects.toThrow(`checkpoint ${what} ${most} bytes`);
    await expect(readCheckpoint(folder)).rejects.toThrow(`got ${most + 1}`);
  });

  it('names files that are together larger than the memory', async () => {
    const { folder } = await write(1);
    const bytes = 2 ** 31;
    const files = Array.from({ length: Math.ceil(totalmem() / bytes) + 1 }, (_, index) => `${index}.bin`);
    for (const name of files) truncateTo(join(folder, name), bytes);
    const entries = files.map((name) => ({ name, bytes, sha256: '' }));
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...valid, files: entries }));
    await expect(readCheckpoint(folder)).rejects.toThrow(
      `checkpoint ${folder}: expected files that fit into`,
    );
  });
});

describe.each(failures)('a disk that fails $failure (process dies: $dies)', (fault) => {
  it('leaves the last whole checkpoint, whichever operation fails', async () => {
    for (let k = 1; ; k++) {
      rmSync(run, { recursive: true, force: true });
      mkdirSync(run);
      await write(1, { keep: 1 });
      const { fileSystem, wasMet } = failing(nodeFileSystem, { k, ...fault });
      const outcome = await write(2, { keep: 1, fileSystem }).catch((reason) => reason);
      if (!wasMet()) break;
      if (outcome instanceof Error) expect(outcome.message).toMatch(/ENOSPC|EIO/);
      const latest = await latestCheckpoint(run);
      expect(latest?.files).toEqual(filesOf(latest!.step));
      await write(3, { keep: 1 });
      expect((await latestCheckpoint(run))?.files).toEqual(filesOf(3));
      expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-000000003']);
    }
  });
});

it('gives the space back when a write fails', async () => {
  const { fileSystem } = failing(nodeFileSystem, { k: 8, failure: 'half way', dies: false });
  await expect(write(1, { fileSystem })).rejects.toThrow('ENOSPC');
  expect(readdirSync(join(run, 'checkpoints'))).toEqual([]);
});

describe('a checkpoint that cannot be removed', () => {
  it('is told, and does not keep the new one from being written', async () => {
    const { folder } = await write(1);
    const busy = new Error('EBUSY: resource busy or locked');
    const fileSystem = {
      ...nodeFileSystem,
      renameFolder: (from: string, to: string) =>
        from === folder ? Promise.reject(busy) : nodeFileSystem.renameFolder(from, to),
    };
    const { notRemoved } = await write(2, { keep: 1, fileSystem });
    expect(notRemoved).toEqual([{ folder, error: busy }]);
    expect((await latestCheckpoint(run))?.step).toBe(2);
    expect((await write(3, { keep: 1 })).notRemoved).toEqual([]);
    expect(await stepsThere()).toEqual([3]);
  });

  it('does not keep the others from being removed', async () => {
    for (const step of [1, 2, 3]) await write(step, { keep: 3 });
    const fileSystem = {
      ...nodeFileSystem,
      renameFolder: (from: string, to: string) =>
        from.endsWith('1') ? Promise.reject(new Error('EBUSY')) : nodeFileSystem.renameFolder(from, to),
    };
    await write(4, { keep: 1, fileSystem });
    expect(await stepsThere()).toEqual([1, 4]);
  });
});

describe('nodeFileSystem', () => {
  it('brings files, new folders and names down to the disk', async () => {
    const handle = await open(run, 'r');
    const sync = vi.spyOn(Object.getPrototypeOf(handle), 'sync');
    await handle.close();
    try {
      await nodeFileSystem.makeFolder(join(run, 'a', 'b'));
      expect(sync).toHaveBeenCalledTimes(2);
      await nodeFileSystem.makeFolder(join(run, 'a', 'b'));
      expect(sync).toHaveBeenCalledTimes(2);
      await nodeFileSystem.writeFile(join(run, 'file'), Uint8Array.of(1));
      expect(sync).toHaveBeenCalledTimes(3);
      await nodeFileSystem.syncFolder(run);
      expect(sync).toHaveBeenCalledTimes(4);
    } finally {
      sync.mockRestore();
    }
  });
});

/** Node's file system, with a look at each operation first. */
function watched(look: (operation: string, path: string) => unknown): CheckpointFileSystem {
  return wrapped(nodeFileSystem, async (operation, path, run) => {
    await look(operation, path);
    return run();
  });
}

function replaceByLink(path: string): void {
  const target = `${path}.target`;
  writeFileSync(target, readFileSync(path));
  rmSync(path);
  symlinkSync(target, path);
}

function replaceByFolder(path: string): void {
  rmSync(path);
  mkdirSync(path);
}

/** A file without content, of any size. */
function truncateTo(path: string, bytes: number): void {
  writeFileSync(path, '');
  truncateSync(path, bytes);
}
