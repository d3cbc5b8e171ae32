// PNG (W3C, "Portable Network Graphics", sections 5 and 11) of the simplest kind: 8 bits, no filter, one run of zlib. Samples and
// reports are thus written without a native library.

import { crc32, deflateSync } from 'node:zlib';
import { checkWholeNumber, DatasetError } from '../refusals/index.ts';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const white = 255;

/** What {@link encodePng} is told about the images. */
export interface PngGridOptions {
  /** Rows of an image: its height in pixels. */
  readonly rows: number;
  /** Pixels in a row of an image. */
  readonly columns: number;
  /** Bytes of a pixel: 1 for grey, 3 for red, green and blue. */
  readonly channels: number;
  /** Images side by side. Default: as many as make the grid about square. */
  readonly perRow?: number;
  /** White pixels between neighbours. Default: 1. */
  readonly gap?: number;
  /** Each pixel of the grid, those of the gaps too, becomes a square of so many pixels each way: sharp, none in between. Default: 1. */
  readonly scale?: number;
}

/**
 * A PNG file of one image or of several in a grid, each given by its tokens: bytes in raster order, channels interleaved.
 *
 * @throws {@link DatasetError} for no image, an image of another size, an id above 255, or options out of range.
 */
export function encodePng(images: readonly ArrayLike<number>[], options: PngGridOptions): Uint8Array {
  checkImages(images, options);
  const { rows, columns, channels, gap = 1, scale = 1 } = options;
  const { perRow = Math.ceil(Math.sqrt(images.length)) } = options;
  const across = Math.min(perRow, images.length);
  const down = Math.ceil(images.length / perRow);
  const width = across * (columns + gap) - gap;
  const height = down * (rows + gap) - gap;
  const lineBytes = width * channels;
  const lines = new Uint8Array(lineBytes * height).fill(white);
  images.forEach((image, index) => {
    const top = Math.floor(index / perRow) * (rows + gap);
    const left = (index % perRow) * (columns + gap);
    for (let row = 0; row < rows; row++) {
      const start = row * columns * channels;
      const line = Array.prototype.slice.call(image, start, start + columns * channels);
      lines.set(line, (top + row) * lineBytes + left * channels);
    }
  });
  return pngFile({ width, height, channels, lines }, scale);
}

/** Pixels in raster order. */
interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly lines: Uint8Array;
}

/** What PNG packs: each line begins with the number of its filter, which is 0, none. A pixel stands `scale` times in `scale` lines. */
function enlarged({ width, height, channels, lines }: Raster, scale: number): Uint8Array {
  const bytes = 1 + width * scale * channels;
  const filtered = new Uint8Array(bytes * height * scale);
  for (let row = 0; row < height; row++) {
    const start = row * scale * bytes;
    for (let place = 0; place < width * scale * channels; place++) {
      const pixel = Math.floor(place / (scale * channels));
      filtered[start + 1 + place] = lines[(row * width + pixel) * channels + (place % channels)]!;
    }
    for (let copy = 1; copy < scale; copy++) filtered.copyWithin(start + copy * bytes, start, start + bytes);
  }
  return filtered;
}

function pngFile(raster: Raster, scale: number): Uint8Array {
  const { channels } = raster;
  const [width, height] = [raster.width * scale, raster.height * scale];
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, channels === 1 ? 0 : 2], 8);
  return Uint8Array.from(
    Buffer.concat([
      Uint8Array.from(signature),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(enlarged(raster, scale), { level: 9 })),
      chunk('IEND', new Uint8Array(0)),
    ]),
  );
}

function chunk(name: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

function checkImages(images: readonly ArrayLike<number>[], options: PngGridOptions): void {
  const { rows, columns, channels, perRow = 1, gap = 0, scale = 1 } = options;
  for (const [name, value] of Object.entries({ rows, columns, perRow, scale })) {
    checkWholeNumber('encodePng', name, value, 1, 2 ** 16);
  }
  checkWholeNumber('encodePng', 'gap', gap, 0, 2 ** 16);
  if (channels !== 1 && channels !== 3) throw refusal('channels must be 1 or 3', channels);
  if (images.length === 0) throw refusal('images must hold at least one image', 'none');
  images.forEach((image, index) => {
    if (image.length !== rows * columns * channels) {
      throw refusal(`images[${index}] must have ${rows * columns * channels} tokens`, image.length);
    }
    checkBytes(image, index);
  });
}

function checkBytes(image: ArrayLike<number>, index: number): void {
  for (let place = 0; place < image.length; place++) {
    const id = image[place]!;
    if (Number.isInteger(id) && id >= 0 && id <= 255) continue;
    throw refusal(`images[${index}][${place}] must be a whole number from 0 to 255`, id);
  }
}

function refusal(expected: string, came: unknown): DatasetError {
  return new DatasetError(
    'argument',
    `encodePng: ${expected}, got ${String(came)}; pass whole images of one size`,
  );
}
