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
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CheckpointError,
  type CheckpointFileSystem,
  latestCheckpoint,
  listCheckpoints,
  nodeFileSystem,
  readCheckpoint,
  TrainingError,
  writeCheckpoint,
} from '../src/index.ts';

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

const write = (step: number, { keep = 2, fileSystem = nodeFileSystem } = {}) =>
  writeCheckpoint(run, step, filesOf(step), { keep, fileSystem });

const stepsThere = async () => (await listCheckpoints(run)).map(({ step }) => step);

describe('writeCheckpoint', () => {
  it('writes files that latestCheckpoint gives back', async () => {
    const place = await write(300);
    expect(place).toEqual({ step: 300, folder: join(run, 'checkpoints', 'step-000000300') });
    const latest = await latestCheckpoint(run);
    expect(latest).toEqual({ ...place, files: filesOf(300) });
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

  it('passes on what the system says of an unreadable folder', async () => {
    writeFileSync(join(run, 'checkpoints'), '');
    await expect(latestCheckpoint(run)).rejects.toThrow('ENOTDIR');
  });
});

/** How an operation fails: without effect, or half done (a write torn, a removal begun), or fully done and not told. */
type Failure = 'at once' | 'half way' | 'afterwards';

describe.each<Failure>(['at once', 'half way', 'afterwards'])('a disk that fails %s', (failure) => {
  describe.each([true, false])('and the process dies: %s', (dies) => {
    it('leaves the last whole checkpoint, whichever operation fails', async () => {
      let failures = 0;
      for (let k = 1; ; k++) {
        rmSync(run, { recursive: true, force: true });
        mkdirSync(run);
        await write(1, { keep: 1 });
        const error = await write(2, { keep: 1, fileSystem: failing(k, failure, dies) }).catch(
          (reason) => reason,
        );
        if (!(error instanceof Error)) break;
        failures++;
        expect(error.message).toBe('ENOSPC: no space left on device');
        const latest = await latestCheckpoint(run);
        expect(latest?.files).toEqual(filesOf(latest!.step));
        await write(3, { keep: 1 });
        expect((await latestCheckpoint(run))?.files).toEqual(filesOf(3));
        expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-000000003']);
      }
      expect(failures).toBe(16);
    });
  });
});

it('gives the space back when a write fails', async () => {
  await expect(write(1, { fileSystem: failing(7, 'half way', false) })).rejects.toThrow('ENOSPC');
  expect(readdirSync(join(run, 'checkpoints'))).toEqual([]);
});

/** Node's file system, with a look at each operation first. */
function watched(look: (operation: string, path: string) => void): CheckpointFileSystem {
  return wrapped((operation, path, run) => {
    look(operation, path);
    return run();
  });
}

/** Node's file system whose k-th operation fails, and all later ones too if the process dies of it. */
function failing(k: number, failure: Failure, dies: boolean): CheckpointFileSystem {
  let count = 0;
  return wrapped(async (operation, path, run, bytes) => {
    count++;
    if (count < k || (count > k && !dies)) return run();
    if (count === k && failure === 'half way') await halfDone(operation, path, bytes);
    if (count === k && failure === 'afterwards') await run();
    throw new Error('ENOSPC: no space left on device');
  });
}

async function halfDone(operation: string, path: string, bytes?: Uint8Array): Promise<void> {
  if (operation === 'writeFile' && bytes)
    await nodeFileSystem.writeFile(path, bytes.subarray(0, bytes.length / 2));
  const first = operation === 'removeFolder' ? (await nodeFileSystem.list(path))[0] : undefined;
  if (first !== undefined) rmSync(join(path, first), { recursive: true });
}

type Around = <Result>(
  operation: string,
  path: string,
  run: () => Promise<Result>,
  bytes?: Uint8Array,
) => Promise<Result>;

function wrapped(around: Around): CheckpointFileSystem {
  const node = nodeFileSystem;
  return {
    list: (folder) => around('list', folder, () => node.list(folder)),
    makeFolder: (folder) => around('makeFolder', folder, () => node.makeFolder(folder)),
    writeFile: (path, bytes) => around('writeFile', path, () => node.writeFile(path, bytes), bytes),
    fileSize: (path) => around('fileSize', path, () => node.fileSize(path)),
    readFile: (path, size) => around('readFile', path, () => node.readFile(path, size)),
    syncFolder: (folder) => around('syncFolder', folder, () => node.syncFolder(folder)),
    renameFolder: (from, to) => around('renameFolder', from, () => node.renameFolder(from, to)),
    removeFolder: (folder) => around('removeFolder', folder, () => node.removeFolder(folder)),
  };
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
