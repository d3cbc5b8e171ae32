// Bytes of an open file, read by place and never as a whole, that notice when they are no longer the bytes
// they were. Looking at the file's times and size costs microseconds, so each read does it; only when these moved
// is the checksum taken again, so that `touch` does not end a run and an edit does.

import { createHash } from 'node:crypto';
import { constants, fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { badInput, DatasetError, systemCode } from '../refusals/index.ts';
import { Utf8Watch } from '../text/index.ts';
import { missing, notAFile, unreadable } from './unusable-files.ts';

/** Told how many bytes of how many are done. */
export type Report = (done: number, total: number) => void;

/** A checksum that was taken before, and how the file looked then. */
export interface KnownChecksum {
  /** What moves when somebody writes to the file: its place, size and times. */
  readonly stamp: string;
  /** SHA-256 of the content, as hexadecimal digits. */
  readonly sha256: string;
  /** Where the first byte stands that is not UTF-8, or null; absent where nobody looked. */
  readonly notUtf8At?: number | null;
}

const pageBytes = 1 << 20;
/** U+FEFF in UTF-8, which some programs write at the start of a file. */
const mark = [0xef, 0xbb, 0xbf];

/** An open file with a known checksum. */
export class Content {
  readonly path: string;
  /** The length in bytes, without what stands before `start`. */
  readonly bytes: number;
  /** SHA-256 of these bytes, as hexadecimal digits. */
  readonly sha256: string;
  /** Where the first byte stands that is not UTF-8; null if there is none; undefined where nobody looked. */
  readonly notUtf8At: number | null | undefined;
  readonly #handle: FileHandle;
  readonly #start: number;
  #stamp: string;
  #recheck: Promise<void> | undefined;
  #isClosed = false;

  private constructor(
    path: string,
    handle: FileHandle,
    start: number,
    bytes: number,
    { stamp, sha256, notUtf8At }: KnownChecksum,
  ) {
    this.path = path;
    this.#handle = handle;
    this.#start = start;
    this.#stamp = stamp;
    this.bytes = bytes;
    this.sha256 = sha256;
    this.notUtf8At = notUtf8At;
  }

  /**
   * Opens a file and reads it through once for its checksum. A file that looks as it did when a known checksum was
   * taken is not read.
   */
  static async open(path: string, report: Report, start = 0, known?: KnownChecksum): Promise<Content> {
    return Content.#open(path, report, async () => start, null, known);
  }

  /** The same from behind the byte-order mark, where a file begins with one, on the way looking for bytes that are not UTF-8. */
  static async openText(path: string, report: Report, known?: KnownChecksum): Promise<Content> {
    return Content.#open(path, report, (handle) => markLength(path, handle), new Utf8Watch(), known);
  }

  static async #open(
    path: string,
    report: Report,
    startOf: (handle: FileHandle) => Promise<number>,
    watch: Utf8Watch | null,
    known?: KnownChecksum,
  ): Promise<Content> {
    const handle = await openRegularFile(path);
    try {
      const stamp = stampOf(handle);
      const start = await startOf(handle);
      const bytes = sizeOf(handle) - start;
      if (bytes <= 0) throw emptyFile(path);
      const isKnown = known?.stamp === stamp && (watch === null || known.notUtf8At !== undefined);
      if (isKnown) return new Content(path, handle, start, bytes, known);
      const sha256 = await checksum(path, handle, { start, bytes, report, watch });
      if (stampOf(handle) !== stamp) throw changed(path, 'it was written to while it was read');
      const seen = watch === null ? {} : { notUtf8At: watch.firstInvalid };
      return new Content(path, handle, start, bytes, { stamp, sha256, ...seen });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** What to hand to {@link Content.open} another time. */
  get known(): KnownChecksum {
    const seen = this.notUtf8At === undefined ? {} : { notUtf8At: this.notUtf8At };
    return { stamp: this.#stamp, sha256: this.sha256, ...seen };
  }

  /** Fills `into` with the bytes from `position` on, which must all be there. */
  async read(into: Uint8Array, position: number): Promise<void> {
    if (this.#isClosed)
      throw new DatasetError('closed', `read ${this.path}: the dataset is closed; open it again`);
    await readFully(this.path, this.#handle, into, this.#start + position);
    if (stampOf(this.#handle) === this.#stamp) return;
    this.#recheck ??= this.#checkAgain().finally(() => {
      this.#recheck = undefined;
    });
    await this.#recheck;
  }

  /** All bytes in order, a page at a time. A page is overwritten by the next one. */
  async *pages(report: Report): AsyncGenerator<Uint8Array> {
    const page = new Uint8Array(Math.min(pageBytes, this.bytes));
    for (let position = 0; position < this.bytes; position += page.length) {
      const piece = page.subarray(0, Math.min(page.length, this.bytes - position));
      await this.read(piece, position);
      yield piece;
      report(position + piece.length, this.bytes);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#handle.close();
  }

  async #checkAgain(): Promise<void> {
    const stamp = stampOf(this.#handle);
    const bytes = sizeOf(this.#handle) - this.#start;
    if (bytes !== this.bytes) throw changed(this.path, `it had ${this.bytes} bytes and has ${bytes}`);
    const sha256 = await checksum(this.path, this.#handle, { start: this.#start, bytes });
    if (sha256 !== this.sha256) throw changed(this.path, `its SHA-256 was ${this.sha256} and is ${sha256}`);
    this.#stamp = stamp;
  }
}

/** The first `count` bytes of a file, or as many as it has. */
export async function readHead(path: string, count: number): Promise<Uint8Array> {
  const handle = await openRegularFile(path);
  try {
    const head = new Uint8Array(Math.min(count, sizeOf(handle)));
    await readFully(path, handle, head, 0);
    return head;
  } finally {
    await handle.close();
  }
}

/** Opened without waiting: to open a pipe is otherwise to wait for its writer. */
async function openRegularFile(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw systemCode(error) === 'ENOENT' ? missing(path, error) : unreadable(path, error);
  }
  if (fstatSync(handle.fd).isFile()) return handle;
  await handle.close();
  throw notAFile(path);
}

function emptyFile(path: string): DatasetError {
  const detail = 'expected text, got a file of no bytes';
  return badInput('empty', `open ${path}`, detail, 'pass a file that holds text');
}

async function markLength(path: string, handle: FileHandle): Promise<number> {
  if (sizeOf(handle) < mark.length) return 0;
  const first = new Uint8Array(mark.length);
  await readFully(path, handle, first, 0);
  return first.every((byte, index) => byte === mark[index]) ? mark.length : 0;
}

/** What is read for a checksum, and who looks on. */
interface Passage {
  readonly start: number;
  readonly bytes: number;
  readonly report?: Report;
  readonly watch?: Utf8Watch | null;
}

async function checksum(
  path: string,
  handle: FileHandle,
  { start, bytes, report = () => {}, watch = null }: Passage,
): Promise<string> {
  const hash = createHash('sha256');
  const page = new Uint8Array(Math.min(pageBytes, bytes));
  for (let position = 0; position < bytes; position += page.length) {
    const piece = page.subarray(0, Math.min(page.length, bytes - position));
    await readFully(path, handle, piece, start + position);
    hash.update(piece);
    watch?.push(piece);
    report(position + piece.length, bytes);
  }
  return hash.digest('hex');
}

/** One read may give less than was asked for. */
async function readFully(
  path: string,
  handle: FileHandle,
  into: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await readOnce(path, handle, into, done, position);
    if (bytesRead === 0)
      throw changed(path, `it ends at byte ${position + done}, before byte ${position + into.length}`);
    done += bytesRead;
  }
}

async function readOnce(path: string, handle: FileHandle, into: Uint8Array, done: number, position: number) {
  try {
    return await handle.read(into, done, into.length - done, position + done);
  } catch (error) {
    const detail = `expected ${into.length} bytes at byte ${position}, got ${String(error)}`;
    throw badInput('unreadable', `read ${path}`, detail, 'check the disk', error);
  }
}

/** What moves when somebody writes to the file. */
function stampOf(handle: FileHandle): string {
  const { ino, size, mtimeNs, ctimeNs } = fstatSync(handle.fd, { bigint: true });
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

function sizeOf(handle: FileHandle): number {
  return fstatSync(handle.fd).size;
}

function changed(path: string, how: string): DatasetError {
  return new DatasetError(
    'changed',
    `read ${path}: expected the content that the run began with, but the file changed: ${how}; ` +
      'put the old file back, or begin a new run',
  );
}
