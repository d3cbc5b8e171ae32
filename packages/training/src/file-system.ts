import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * The few things that checkpoints do to a disk, so that a test can let any of them fail. Each is asynchronous and rejects
 * with the error of the system; paths are those of the platform.
 */
export interface CheckpointFileSystem {
  /** The names in a folder. */
  list(folder: string): Promise<string[]>;
  /** Makes a folder and its parents, and brings the new names down to the disk; one that is there already is fine. */
  makeFolder(folder: string): Promise<void>;
  /** Writes a new file, all of it, down to the disk (fsync). */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /** The size of a regular file in bytes, or null for anything else, links included. */
  fileSize(path: string): Promise<number | null>;
  /** The first `size` bytes of a file; fewer if there are no more. */
  readFile(path: string, size: number): Promise<Uint8Array>;
  /** Brings the names in a folder down to the disk (fsync). */
  syncFolder(folder: string): Promise<void>;
  /** Gives a folder another name in the same parent, in one go. */
  renameFolder(from: string, to: string): Promise<void>;
  /** Removes a folder and all in it. */
  removeFolder(folder: string): Promise<void>;
}

/** One read takes no more, since Node can't read 2 GiB or more at once. */
const readBytes = 2 ** 30;

/** Node's own file system. */
export const nodeFileSystem: CheckpointFileSystem = {
  list: (folder) => readdir(folder),
  async makeFolder(folder) {
    const first = await mkdir(folder, { recursive: true });
    if (first === undefined) return;
    const shortest = resolve(first).length;
    for (let made = resolve(folder); made.length >= shortest; made = dirname(made))
      await syncFolder(dirname(made));
  },
  writeFile: (path, bytes) =>
    withFile(path, 'wx', async (file) => {
      await file.writeFile(bytes);
      await file.sync();
    }),
  async fileSize(path) {
    const facts = await lstat(path);
    return facts.isFile() ? facts.size : null;
  },
  readFile: (path, size) => withFile(path, 'r', (file) => readAll(file, size)),
  syncFolder,
  renameFolder: (from, to) => rename(from, to),
  removeFolder: (folder) => rm(folder, { recursive: true, force: true }),
};

async function syncFolder(folder: string): Promise<void> {
  // Windows can't open folders; NTFS keeps a journal of names by itself.
  if (process.platform !== 'win32') await withFile(folder, 'r', (file) => file.sync());
}

async function withFile<Result>(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  const file = await open(path, flags);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function readAll(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, Math.min(size - filled, readBytes), filled);
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}
