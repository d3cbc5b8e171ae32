import { type FileHandle, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checkOpened, type EntryKind, lookInside, type OpenMode, openFlags } from './inside-folder.ts';
import { makeFolders } from './make-folders.ts';

/**
 * The few things that checkpoints do to a disk, so that a test can let any of them fail. Each is asynchronous and rejects
 * with the error of the system; paths are those of the platform.
 */
export interface CheckpointFileSystem {
  /** The names in a folder; rejects with the system's ENOENT if there is none. */
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
  /** Gives a folder another name in the same parent, in one go; a file too, in place of one that is there. */
  renameFolder(from: string, to: string): Promise<void>;
  /** Removes a folder and all in it. */
  removeFolder(folder: string): Promise<void>;
}

/** One read takes no more, since Node can't read 2 GiB or more at once. */
const readBytes = 2 ** 30;

/**
 * Node's own file system for what lies in a folder that may come from anywhere: nothing outside it is read, written or removed, no link in it
 * is followed, and what is neither a regular file nor a folder is refused. Operations reject with RunFolderError then.
 *
 * @param root the folder; if not given, the folders on a path are taken as they are
 */
export function fileSystemIn(root?: string): CheckpointFileSystem {
  const look = (path: string, ...kinds: EntryKind[]) => lookInside(root ?? path, path, ...kinds);
  return {
    async list(folder) {
      look(folder, 'folder');
      return readdir(folder);
    },
    async makeFolder(folder) {
      look(folder, 'folder');
      for (const made of makeFolders(folder)) await syncFolder(dirname(made));
    },
    async writeFile(path, bytes) {
      look(dirname(path), 'folder');
      // Made anew: an exclusive create takes nothing that is there.
      await use(await open(path, 'wx'), async (file) => {
        await file.writeFile(bytes);
        await file.sync();
      });
    },
    async fileSize(path) {
      look(dirname(path), 'folder');
      const facts = await lstat(path);
      return facts.isFile() ? facts.size : null;
    },
    async readFile(path, size) {
      look(path, 'file');
      return use(await openRegular(path, 'read'), (file) => readAll(file, size));
    },
    async syncFolder(folder) {
      look(folder, 'folder');
      await syncFolder(folder);
    },
    async renameFolder(from, to) {
      look(to, look(from, 'file', 'folder')?.isFile() ? 'file' : 'folder');
      await rename(from, to);
    },
    async removeFolder(folder) {
      look(folder, 'folder');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Node's own file system, wherever a path leads. For a folder that comes from others, {@link fileSystemIn} is the one. */
export const nodeFileSystem: CheckpointFileSystem = fileSystemIn();

/** Opens a regular file, without waiting for a pipe and without following a link. */
export async function openRegular(path: string, mode: OpenMode): Promise<FileHandle> {
  const file = await open(path, openFlags[mode]);
  try {
    checkOpened(path, await file.stat(), mode);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows can't open folders; NTFS keeps a journal of names by itself.
  if (process.platform !== 'win32') await use(await open(folder, 'r'), (file) => file.sync());
}

async function use<Result>(file: FileHandle, work: (file: FileHandle) => Promise<Result>): Promise<Result> {
  try {
    return await work(file);
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
