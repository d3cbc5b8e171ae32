// Zstandard, RFC 8878. The library unpacks blocks, in plain JavaScript on any Node; it trusts what a frame says about
// itself and passes over checksums. So frames are taken apart here: sizes are checked before the library takes memory for
// them, a frame that is cut short is found, and so is damage, by the frame's checksum (which the zstd program writes).

import { Decompress } from 'fzstd';
import xxhash, { type XXHash } from 'xxhash-wasm';
import { badInput, type DatasetError } from '../refusals/index.ts';
import { ByteReader } from './byte-reader.ts';

/** How far back a frame may refer, and so what unpacking holds: the most that the zstd program takes without being told. */
const largestWindow = 2 ** 27;
const largestBlock = 2 ** 17;
const magic = 0xfd2fb528;
const skippable = 0x184d2a50;

/** What a frame says about itself. */
interface FrameHeader {
  /** The header as it stands in the file, for the library. */
  readonly bytes: Uint8Array;
  readonly window: number;
  readonly contentBytes: number | null;
  readonly hasChecksum: boolean;
}

/** The content of a .zst file of any number of frames, piece by piece. `path` is for messages. */
export async function* unpackZstd(
  path: string,
  pages: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { create64 } = await xxhash();
  const file = new FrameFile(path, new ByteReader(pages));
  try {
    while (await file.nextFrame()) yield* unpackFrame(file, create64());
  } finally {
    await file.reader.close();
  }
}

async function* unpackFrame(file: FrameFile, hash: XXHash<bigint>): AsyncGenerator<Uint8Array> {
  const header = await readHeader(file);
  let pieces: Uint8Array[] = [];
  const decoder = new Decompress((piece) => pieces.push(piece));
  let bytes = 0;
  /** Hands bytes of the file to the library, and gives what it unpacked. */
  const unpack = (packed: Uint8Array, isLast = false): Uint8Array[] => {
    pieces = [];
    file.expect('blocks that can be unpacked', () => decoder.push(packed, isLast));
    for (const piece of pieces) {
      hash.update(piece);
      bytes += piece.length;
    }
    return pieces.filter((piece) => piece.length > 0);
  };
  yield* unpack(header.bytes);
  for (let isLast = false; !isLast; ) {
    const block = await readBlock(file, Math.min(largestBlock, header.window));
    yield* unpack(block.bytes);
    isLast = block.isLast;
  }
  const checksum = await file.take(header.hasChecksum ? 4 : 0);
  yield* unpack(checksum, true);
  const isSame = !header.hasChecksum || numberOf(checksum) === Number(hash.digest() & 0xffffffffn);
  if (!isSame) throw file.corrupt('a checksum that is not that of the content');
  if (header.contentBytes !== null && header.contentBytes !== bytes)
    throw file.corrupt(`${bytes} bytes in a frame that says ${header.contentBytes}`);
}

async function readHeader(file: FrameFile): Promise<FrameHeader> {
  const [descriptor = 0] = await file.take(1);
  const isSingleSegment = (descriptor & 32) !== 0;
  if ((descriptor & 8) !== 0) throw file.corrupt('a frame of an unknown form');
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const rest = await file.take((isSingleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]! + sizeBytes);
  if (numberOf(rest.subarray(isSingleSegment ? 0 : 1, rest.length - sizeBytes)) !== 0)
    throw file.corrupt('a frame that needs a dictionary');
  const size = numberOf(rest.subarray(rest.length - sizeBytes)) + (sizeBytes === 2 ? 256 : 0);
  const window = isSingleSegment ? size : windowOf(rest[0]!);
  if (window > largestWindow) throw windowTooLarge(file.path, window);
  return {
    bytes: Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, descriptor, ...rest),
    window,
    contentBytes: sizeBytes === 0 ? null : size,
    hasChecksum: (descriptor & 4) !== 0,
  };
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

async function readBlock(file: FrameFile, limit: number): Promise<{ bytes: Uint8Array; isLast: boolean }> {
  const head = await file.take(3);
  const fields = numberOf(head);
  const [kind, size] = [(fields >> 1) & 3, fields >> 3];
  if (kind === 3 || size > limit)
    throw file.corrupt(kind === 3 ? 'a block of an unknown kind' : 'a block too large');
  const body = await file.take(kind === 1 ? 1 : size);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return { bytes, isLast: (fields & 1) === 1 };
}

/** A .zst file being read. */
class FrameFile {
  readonly path: string;
  readonly reader: ByteReader;

  constructor(path: string, reader: ByteReader) {
    this.path = path;
    this.reader = reader;
  }

  /** Goes behind the magic number of the next frame of content; false at the end of the file. */
  async nextFrame(): Promise<boolean> {
    for (;;) {
      const first = await this.reader.take(4);
      if (first.length === 0) return false;
      const number = numberOf(first);
      if (first.length === 4 && number === magic) return true;
      if (first.length < 4 || number < skippable || number > skippable + 15)
        throw this.corrupt('no frame of zstd');
      if (!(await this.reader.skip(numberOf(await this.take(4))))) throw this.cutShort();
    }
  }

  /** The next `count` bytes, which must be there. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = await this.reader.take(count);
    if (bytes.length < count) throw this.cutShort();
    return bytes;
  }

  /** Does what fails only where the file is damaged. */
  expect(what: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      throw this.corrupt(`other than ${what} (${String(error)})`, error);
    }
  }

  cutShort(): DatasetError {
    return this.corrupt('a file that is cut short');
  }

  corrupt(what: string, cause?: unknown): DatasetError {
    const detail = `expected a whole zstd file, got ${what}`;
    return badInput('corrupt', `unpack ${this.path}`, detail, 'fetch the file again', cause);
  }
}

function windowTooLarge(path: string, window: number): DatasetError {
  const detail = `expected a zstd file that needs at most ${largestWindow} bytes to unpack, got one that needs ${window}`;
  return badInput('too-large', `unpack ${path}`, detail, 'pack it again without --long and --ultra');
}

/** A number from bytes, the lowest first. */
function numberOf(bytes: Uint8Array): number {
  return bytes.reduceRight((number, byte) => number * 256 + byte, 0);
}
