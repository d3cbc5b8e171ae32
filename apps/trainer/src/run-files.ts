/** The disk as a run sees it, so that a test can let any operation fail. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckpointFileSystem, nodeFileSystem } from '@sparse-transformers/training';
import { DiskFullError, TrainerError } from './trainer-error.ts';

/** What checkpoints need, and files that grow line by line. */
export interface RunFileSystem extends CheckpointFileSystem {
  /** Adds text to the end of a file, which is made if it is missing. */
  appendFile(path: string, text: string): Promise<void>;
  /** Brings a file down to the disk (fsync); a missing one is fine. */
  syncFile(path: string): Promise<void>;
}

/** Node's own. */
export const nodeRunFileSystem: RunFileSystem = {
  ...nodeFileSystem,
  async appendFile(path, text) {
    const file = await open(path, 'a');
    try {
      await file.appendFile(text);
    } finally {
      await file.close();
    }
  },
  async syncFile(path) {
    const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    try {
      await file?.sync();
    } finally {
      await file?.close();
    }
  },
};

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
