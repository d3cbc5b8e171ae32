/** The disk as a run sees it, so that a test can let any operation fail. */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type CheckpointFileSystem,
  fileSystemIn,
  lookInside,
  makeFolders,
  openRegular,
} from '@sparse-transformers/training';
import { DiskFullError, TrainerError } from '../messages/index.ts';

/** What checkpoints need, and files that grow line by line. */
export interface RunFileSystem extends CheckpointFileSystem {
  /** Adds text to the end of a file, which is made if it is missing. */
  appendFile(path: string, text: string): Promise<void>;
  /** Brings a file down to the disk (fsync); a missing one is fine. */
  syncFile(path: string): Promise<void>;
  /** Cuts a file off. */
  truncateFile(path: string, bytes: number): Promise<void>;
  /** Removes a file; a missing one is fine. */
  removeFile(path: string): Promise<void>;
}

/**
 * Node's own file system for a run's folder, which may come from anywhere, as `fileSystemIn` of training.
 *
 * @param root the folder; if not given, the folders on a path are taken as they are
 */
export function runFileSystemIn(root?: string): RunFileSystem {
  const look = (path: string) => lookInside(root ?? dirname(path), path, 'file');
  return {
    ...fileSystemIn(root),
    async appendFile(path, text) {
      look(path);
      const file = await openRegular(path, 'append');
      await file.appendFile(text).finally(() => file.close());
    },
    async syncFile(path) {
      if (look(path) === null) return;
      const file = await openRegular(path, 'write');
      await file.sync().finally(() => file.close());
    },
    async truncateFile(path, bytes) {
      look(path);
      const file = await openRegular(path, 'write');
      await file.truncate(bytes).finally(() => file.close());
    },
    async removeFile(path) {
      if (look(path) !== null) await rm(path, { force: true });
    },
  };
}

/** Node's own, wherever a path leads. */
export const nodeRunFileSystem: RunFileSystem = runFileSystemIn();

/** Writes a file anew, whole or not at all, and brings it down to the disk. */
export async function writeWholeFile(
  fileSystem: RunFileSystem,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const writing = `${path}.writing`;
  await fileSystem.removeFile(writing);
  await fileSystem.writeFile(writing, bytes);
  await fileSystem.renameFolder(writing, path);
  await fileSystem.syncFolder(dirname(path));
}

/** Writes a folder of files, whole or not at all, in place of one that is there. */
export async function writeWholeFolder(
  fileSystem: RunFileSystem,
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const writing = `${folder}.writing`;
  await fileSystem.removeFolder(writing);
  await fileSystem.makeFolder(writing);
  for (const [name, bytes] of files) await fileSystem.writeFile(join(writing, name), bytes);
  await fileSystem.removeFolder(folder);
  await fileSystem.renameFolder(writing, folder);
}

/**
 * Makes the folder that an option names, and those above; gives those that were new, the topmost first.
 *
 * @throws TrainerError that says why it can't be made
 */
export function makeOutFolder(option: string, folder: string): string[] {
  try {
    return makeFolders(folder);
  } catch (error) {
    const known = diskError(`${option} ${folder}`, error as Error);
    if (known !== error) throw known;
    throw new TrainerError(
      `${option} ${folder}: it can't be made (${known.message}). Choose another folder.`,
      { cause: error },
    );
  }
}

/** Adds what to do to the system's error about a disk. */
export function diskError(folder: string, error: Error): Error {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DiskFullError(
      `${folder}: the disk is full (${error.message}). Free some space and try again: nothing behind the newest checkpoint is lost.`,
      { cause: error },
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST') {
    return new TrainerError(`${folder}: it can't be written (${error.message}). Choose another folder.`, {
      cause: error,
    });
  }
  return error;
}
