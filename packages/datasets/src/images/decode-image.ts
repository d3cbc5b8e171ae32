// Pictures of any size and kind, by libvips (the library sharp): turned upright as their EXIF data says, cut to the middle part
// of the wanted shape, made smaller or larger (Lanczos 3), transparency laid on white, in 8 bits of sRGB or grey.

import type { Metadata, Sharp } from 'sharp';
import { formatOf, headBytes, otherFormat } from '../files/index.ts';
import { importLibrary } from '../media/index.ts';
import { BadInput, words } from '../refusals/index.ts';

/** What a picture is decoded to. */
export interface PictureShape {
  /** Rows: the height in pixels. */
  readonly rows: number;
  /** Pixels in a row. */
  readonly columns: number;
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: 1 | 3;
}

/** What libvips reads that is made of pixels. It also reads SVG, which is a program more than a picture. */
const formats = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif'];

/** Loads the library, once before many pictures. */
export async function loadSharp() {
  const library = await importLibrary('sharp', 'read pictures', () => import('sharp'));
  return library.default;
}

/** What decodes pictures, and its versions: others may round otherwise. */
export type SharpLibrary = Awaited<ReturnType<typeof loadSharp>>;

/**
 * The bytes of a picture in raster order, channels interleaved.
 *
 * Its size is known from its header and checked before it is unpacked. Of an animation the first picture is taken.
 */
export async function decodeImage(
  sharp: SharpLibrary,
  packed: Uint8Array,
  shape: PictureShape,
  maxPixels: number,
): Promise<Uint8Array> {
  if (packed.length === 0) throw new BadInput('it is empty');
  try {
    // "error" stops at what is truncated or damaged, and not at a colour profile that is a little off.
    const picture = sharp(packed, { failOn: 'error', limitInputPixels: false });
    checkHeader(await picture.metadata(), maxPixels);
    return await pixelsOf(picture, shape);
  } catch (error) {
    if (error instanceof BadInput || !(error instanceof Error)) throw error;
    const format = formatOf(packed.subarray(0, headBytes));
    if (format !== null && !/picture$/.test(format.name)) throw otherFormat(format, 'a picture');
    const [first] = error.message.split('\n').filter((line) => line.trim() !== '');
    throw new BadInput(`it is no whole picture (${first?.trim()})`);
  }
}

function checkHeader({ format, width, height }: Metadata, maxPixels: number): void {
  if (!formats.includes(format)) throw new BadInput(`it is ${format}, expected one of ${formats.join(', ')}`);
  if (width * height > maxPixels) {
    throw new BadInput(`it says ${width} × ${height} pixels, more than ${maxPixels}`, [
      words`if it is to be trusted, raise ${{ option: 'maxPixels' }}`,
    ]);
  }
}

async function pixelsOf(picture: Sharp, { rows, columns, channels }: PictureShape): Promise<Uint8Array> {
  const { data, info } = await picture
    .autoOrient()
    .flatten({ background: 'white' })
    .resize(columns, rows, { fit: 'cover', position: 'centre', kernel: 'lanczos3' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.width === columns && info.height === rows && info.channels === channels) return data;
  throw new BadInput(`it became ${info.width} × ${info.height} pixels of ${info.channels} channels`);
}
