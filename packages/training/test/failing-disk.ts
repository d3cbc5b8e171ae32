import { join } from 'node:path';
import type { CheckpointFileSystem } from '../src/index.ts';

/** How an operation fails: without effect, half done (a write torn, a removal begun), or fully done and not told. */
type Failure = 'at once' | 'half way' | 'afterwards';

/** Which operation fails, and how. */
export interface Fault {
  /** The operation, counted from 1. */
  readonly k: number;
  /** How it fails. */
  readonly failure: Failure;
  /** Does the process die of it? Then all later operations fail too, and nothing is cleaned up. */
  readonly dies: boolean;
}

/** A file system, and whether its fault was met. */
export interface FailingDisk {
  readonly fileSystem: CheckpointFileSystem;
  /** False if there were fewer operations. */
  wasMet(): boolean;
}

/** Every way to fail at the k-th operation. */
export const failures: Omit<Fault, 'k'>[] = (['at once', 'half way', 'afterwards'] as const).flatMap(
  (failure) => [true, false].map((dies) => ({ failure, dies })),
);

/** A file system whose k-th operation fails: a full disk for what takes space, an error of the disk for the rest. */
export function failing(
  disk: CheckpointFileSystem,
  { k, failure, dies }: Fault,
  writeTorn: CheckpointFileSystem['writeFile'] = disk.writeFile,
): FailingDisk {
  let count = 0;
  const halfDone = async (operation: string, path: string, bytes?: Uint8Array) => {
    if (bytes) await writeTorn(path, bytes.subarray(0, bytes.length / 2));
    const first = operation === 'removeFolder' ? (await disk.list(path))[0] : undefined;
    if (first !== undefined) await disk.removeFolder(join(path, first));
  };
  const fileSystem = wrapped(disk, async (operation, path, run, bytes) => {
    count++;
    if (count < k || (count > k && !dies)) return run();
    if (count === k && failure === 'half way') await halfDone(operation, path, bytes);
    if (count === k && failure === 'afterwards') await run();
    const takesSpace = operation === 'writeFile' || operation === 'makeFolder';
    throw new Error(takesSpace ? 'ENOSPC: no space left on device' : 'EIO: i/o error');
  });
  return { fileSystem, wasMet: () => count >= k };
}

type Around = <Result>(
  operation: string,
  path: string,
  run: () => Promise<Result>,
  bytes?: Uint8Array,
) => Promise<Result>;

/** A file system with something around each operation. */
export function wrapped(disk: CheckpointFileSystem, around: Around): CheckpointFileSystem {
  return {
    list: (folder) => around('list', folder, () => disk.list(folder)),
    makeFolder: (folder) => around('makeFolder', folder, () => disk.makeFolder(folder)),
    writeFile: (path, bytes) => around('writeFile', path, () => disk.writeFile(path, bytes), bytes),
    fileSize: (path) => around('fileSize', path, () => disk.fileSize(path)),
    readFile: (path, size) => around('readFile', path, () => disk.readFile(path, size)),
    syncFolder: (folder) => around('syncFolder', folder, () => disk.syncFolder(folder)),
    renameFolder: (from, to) => around('renameFolder', from, () => disk.renameFolder(from, to)),
    removeFolder: (folder) => around('removeFolder', folder, () => disk.removeFolder(folder)),
  };
}
