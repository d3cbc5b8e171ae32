import { crc32, deflateSync } from 'node:zlib';

/** Bytes of a PNG chunk: length, name, content, checksum. */
export function pngChunk(name: string, content: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(content.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** What a PNG says and holds. */
export interface PngParts {
  readonly width: number;
  readonly height: number;
  /** 8 or 16. */
  readonly bits?: number;
  /** 0 grey, 2 colour, 4 grey with opacity, 6 colour with opacity. */
  readonly colour?: number;
  /** The samples as they stand in the file, row by row. */
  readonly samples: ArrayLike<number>;
  /** Chunks before the samples. */
  readonly extra?: readonly Uint8Array[];
}

/** A PNG file made by hand, so that it can lie. */
export function png({ width, height, bits = 8, colour = 2, samples, extra = [] }: PngParts): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, colour], 8);
  const lineBytes = samples.length / height;
  const lines: number[] = [];
  for (let row = 0; row < height; row++) {
    lines.push(0, ...Array.prototype.slice.call(samples, row * lineBytes, (row + 1) * lineBytes));
  }
  return Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    pngChunk('IHDR', header),
    ...extra,
    pngChunk('IDAT', deflateSync(Uint8Array.from(lines))),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}

/** A PNG of 2 × 2 pixels whose 12 bytes of colour count up from `first`. */
export function smallPng(first: number): Uint8Array {
  return png({ width: 2, height: 2, samples: Array.from({ length: 12 }, (_, index) => first + index) });
}

/** EXIF data that says how a picture is turned, as a chunk of PNG. */
export function orientationChunk(orientation: number): Uint8Array {
  // TIFF, most significant byte first; one entry: tag 0x0112, type SHORT, one value.
  const tiff = [
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    0x01,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
  ];
  return pngChunk('eXIf', Uint8Array.from(tiff));
}

/** A file of records: for each image a label and its planes. */
export function records(labelBytes: number, images: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(images.flatMap((planes, label) => [...Array(labelBytes).fill(label), ...planes]));
}
