import { type FileHandle, open } from 'node:fs/promises';
import { DatasetError, systemCode } from '../errors.ts';

/** An open file that is read by place. */
export interface FileBytes {
  /** The length of the file. */
  readonly bytes: number;
  /** The bytes from `position` on: `count` of them, or as many as there are. */
  read(position: number, count: number): Promise<Uint8Array>;
}

/** Opens a file while `use` runs. */
export async function withFile<T>(path: string, use: (file: FileBytes) => Promise<T>): Promise<T> {
  const handle = await openForReading(path);
  try {
    return await use({
      bytes: (await handle.stat()).size,
      read: (...where) => readAt(path, handle, ...where),
    });
  } finally {
    await handle.close();
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function readAt(
  path: string,
  handle: FileHandle,
  position: number,
  count: number,
): Promise<Uint8Array> {
  const buffer = new Uint8Array(count);
  let done = 0;
  while (done < count) {
    const { bytesRead } = await handle
      .read(buffer, done, count - done, position + done)
      .catch((error: unknown) => Promise.reject(unreadable(path, error)));
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

function unreadable(path: string, error: unknown): DatasetError {
  const reason = systemCode(error) === 'ENOENT' ? 'missing' : 'unreadable';
  return new DatasetError(
    reason,
    `read ${path}: expected a file that can be read, got ${String(error)}; check the path and its permissions`,
    error,
  );
}
