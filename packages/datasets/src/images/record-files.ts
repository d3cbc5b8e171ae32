// Files of records, as CIFAR-10's binary version has them: some bytes that label an image, then all its red bytes, all its green and
// all its blue ones, each row by row. Here the labels go, and the colours of a pixel come side by side.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { headBytes, otherFormat, readHead, sureFormatOf } from '../files/index.ts';
import { BadInput, DatasetError, systemCode, words } from '../refusals/index.ts';
import type { PictureShape } from './decode-image.ts';

/** What a record looks like. */
export interface RecordLayout extends PictureShape {
  /** Bytes before the image. */
  readonly labelBytes: number;
  /** The most bytes that a packed file may hold. */
  readonly maxUnpackedBytes: number;
}

/** True for the names of such files. */
export function isRecordFile(path: string): boolean {
  return /\.bin(\.gz)?$/i.test(path);
}

/** The images of a file, plain or packed, in raster order. */
export async function* decodeRecords(path: string, layout: RecordLayout): AsyncGenerator<Uint8Array> {
  const imageBytes = layout.rows * layout.columns * layout.channels;
  const recordBytes = layout.labelBytes + imageBytes;
  let rest: Uint8Array = new Uint8Array(0);
  let bytes = 0;
  for await (const piece of unpacked(path)) {
    if (bytes === 0 && sureFormatOf(piece)?.packing === 'gzip')
      throw new BadInput('it is packed twice', ['unpack it once']);
    bytes += piece.length;
    if (bytes > layout.maxUnpackedBytes) {
      throw new BadInput(`it holds more than ${layout.maxUnpackedBytes} bytes`, [
        words`if it is to be trusted, raise ${{ option: 'maxUnpackedBytes' }}`,
      ]);
    }
    const whole: Uint8Array = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const count = Math.floor(whole.length / recordBytes);
    const images = new Uint8Array(count * imageBytes);
    for (let record = 0; record < count; record++) {
      interleave(whole, record * recordBytes + layout.labelBytes, images, record * imageBytes, layout);
    }
    rest = whole.slice(count * recordBytes);
    if (count > 0) yield images;
  }
  if (bytes === 0) throw new BadInput('it is empty');
  if (rest.length > 0) throw new BadInput(notRecords(bytes, recordBytes, layout));
}

/** From planes of one colour each to pixels. */
function interleave(
  from: Uint8Array,
  start: number,
  into: Uint8Array,
  place: number,
  { rows, columns, channels }: PictureShape,
): void {
  const pixels = rows * columns;
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      into[place + pixel * channels + channel] = from[start + channel * pixels + pixel]!;
    }
  }
}

function notRecords(
  bytes: number,
  recordBytes: number,
  { labelBytes, rows, columns, channels }: RecordLayout,
): string {
  const record = `${labelBytes} + ${rows} × ${columns} × ${channels}`;
  const size = [32, 64].find((side) => bytes % (1 + side * side * 3) === 0);
  const hint = size === undefined ? '' : `; they are whole records of 1 + ${size} × ${size} × 3 bytes`;
  return `its ${bytes} bytes are not whole records of ${recordBytes} bytes (${record})${hint}`;
}

/** The bytes of a file, unpacked where it begins as gzip does, whatever its name; what is another format is no records. */
async function* unpacked(path: string): AsyncGenerator<Uint8Array> {
  const format = sureFormatOf(await readHead(path, headBytes).catch(asBadInput));
  if (format !== null && format.packing !== 'gzip') throw otherFormat(format, 'records');
  const isPacked = format !== null || path.toLowerCase().endsWith('.gz');
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  // What fails in either stream comes out of the loop: pipeline hands it on.
  const stream = isPacked ? pipeline(file, createGunzip(), () => {}) : file;
  try {
    for await (const piece of stream) yield piece;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'Z_BUF_ERROR') throw new BadInput('it is cut short');
    throw code === '' ? error : new BadInput(`it cannot be read (${String(error)})`);
  }
}

function asBadInput(error: unknown): never {
  throw error instanceof DatasetError && error.detail !== null ? new BadInput(error.detail) : error;
}
