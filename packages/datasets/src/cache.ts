// Files made once from a source and kept: unpacked text, token ids. A cache file is a header of 512 bytes (one line of
// JSON, filled up with spaces) and the payload. It is named by what it was made from, written under a temporary name and
// renamed when whole, and its checksum is tested at each opening; anything amiss, and it is simply made again.

import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { endianness, homedir, platform } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { Content, type Report } from './content.ts';
import { DatasetError } from './errors.ts';

const headerBytes = 512;

/** Where cache files go when no folder is given: the system's folder for such files. */
export function defaultCacheFolder(): string {
  return join(systemCacheFolder(), 'sparse-transformers', 'datasets');
}

function systemCacheFolder(): string {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  if (platform() === 'win32') return LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Caches');
  // The XDG specification has relative paths ignored.
  return XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME)
    ? XDG_CACHE_HOME
    : join(homedir(), '.cache');
}

/** The name of a cache file: a hash of everything its payload depends on. */
export function cacheKey(...sources: string[]): string {
  return createHash('sha256').update(JSON.stringify(sources)).digest('hex');
}

/** The payload under `key` in `folder`; made from `make()` and kept there if it isn't whole. */
export async function openCached(
  folder: string,
  key: string,
  make: () => AsyncIterable<Uint8Array>,
  report: Report,
): Promise<Content> {
  const path = join(folder, `${key}.cache`);
  const kept = await openWhole(path, key, report);
  if (kept !== null) return kept;
  await writeAtomically(folder, key, path, make());
  // Another process may put its own, equal copy there while this one is being read.
  for (let attempt = 0; attempt < 3; attempt++) {
    const made = await openWhole(path, key, report);
    if (made !== null) return made;
  }
  throw new DatasetError(
    'cache',
    `cache ${path}: expected the file just written, got another; check the disk, or pass another cacheFolder`,
  );
}

/** The payload of a cache file, or null if the file is missing, cut short, damaged or another's. */
async function openWhole(path: string, key: string, report: Report): Promise<Content | null> {
  const header = await readHeader(path);
  if (header === null) return null;
  let content: Content;
  try {
    content = await Content.open(path, report, headerBytes);
  } catch (error) {
    if (error instanceof DatasetError) return null;
    throw error;
  }
  if (header.trimEnd() === headerOf(key, content.sha256)) return content;
  await content.close();
  return null;
}

async function readHeader(path: string): Promise<string | null> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch {
    return null;
  }
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    return bytesRead === headerBytes ? buffer.toString('latin1') : null;
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}

/** Compared as text, so nothing in a header is ever trusted. Ids are stored in the machine's own byte order. */
function headerOf(key: string, sha256: string): string {
  return JSON.stringify({
    format: 'sparse-transformers/cache',
    version: 1,
    byteOrder: endianness(),
    key,
    sha256,
  });
}

async function writeAtomically(
  folder: string,
  key: string,
  path: string,
  payload: AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = join(folder, `${key}.${randomUUID()}.partial`);
  const write = <T>(step: () => Promise<T>): Promise<T> =>
    step().catch((error: unknown) => refuseToWrite(folder, error));
  await write(() => mkdir(folder, { recursive: true, mode: 0o700 }));
  const handle = await write(() => open(temporary, 'wx', 0o600));
  try {
    const hash = createHash('sha256');
    await write(() => handle.writeFile(Buffer.alloc(headerBytes)));
    for await (const piece of payload) {
      hash.update(piece);
      await write(() => handle.writeFile(piece));
    }
    const header = Buffer.from(
      headerOf(key, hash.digest('hex'))
        .padEnd(headerBytes - 1)
        .concat('\n'),
    );
    await write(() => handle.write(header, 0, headerBytes, 0));
    await write(() => handle.sync());
    await handle.close();
    await write(() => rename(temporary, path));
  } catch (error) {
    await handle.close();
    await rm(temporary, { force: true });
    throw error;
  }
}

function refuseToWrite(folder: string, error: unknown): never {
  throw new DatasetError(
    'cache',
    `cache ${folder}: expected a folder with room to write in, got ${String(error)}; free some space, or pass another cacheFolder`,
    error,
  );
}
