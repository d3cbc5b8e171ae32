import { readFile } from 'node:fs/promises';
import { type PixelTokenizer, pixelTokenizer } from '@sparse-transformers/tokenizers';
import type { MediaDecoding, MediaFile } from '../media/index.ts';
import { type MediaOptions, openMedia } from '../media/index.ts';
import { BadInput, badInput, checkWholeNumber, DatasetError, wrongArgument } from '../refusals/index.ts';
import type { TokenDataset } from '../token-dataset.ts';
import { decodeImage, loadSharp, type PictureShape } from './decode-image.ts';
import { decodeRecords, isRecordFile, type RecordLayout } from './record-files.ts';

/** Pictures that are decoded at the same time; libvips works on threads of its own. */
const picturesAtOnce = 8;
/** The largest file that is taken for a picture. */
const largestPicture = 2 ** 28;
const defaultMaxPixels = 2 ** 26;

/** The ends of names that folders give images by. */
const extensions = ['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff', '.avif', '.bin', '.bin.gz'];

/** Options of {@link openImageDataset}. */
export interface ImageDatasetOptions extends MediaOptions {
  /** Rows of an image: its height in pixels. */
  readonly rows: number;
  /** Pixels in a row of an image. */
  readonly columns: number;
  /** 3: red, green and blue; 1: grey. Default: 3. */
  readonly channels?: 1 | 3;
  /** The bytes before each image in files of records. Default: 1. */
  readonly labelBytes?: number;
  /** The most pixels that a picture may say it has; more are refused before it is unpacked. Default: 2²⁶ (8192 × 8192). */
  readonly maxPixels?: number;
  /** The most bytes that a file of records may hold: a small packed one can hold terabytes. Default: 2³⁴ (16 GiB). */
  readonly maxUnpackedBytes?: number;
}

/** An open dataset of images of one size. */
export interface ImageDataset extends TokenDataset {
  /** The size of the images. */
  readonly tokenizer: PixelTokenizer;
  /** Tokens in one image: `rows` × `columns` × `channels`. */
  readonly record: number;
}

/**
 * Opens images of one size: pictures that are brought to it, or files of records.
 *
 * A path is a file, a folder with all below it, or a pattern such as `photos/*.png`. Files named `.bin` or `.bin.gz` hold
 * records: label bytes, then the red, green and blue planes (CIFAR-10's binary version). All others are pictures: PNG, JPEG,
 * WebP, GIF, TIFF, AVIF. A picture is turned upright by its EXIF data, cut to the middle part of the wanted shape and resized;
 * transparency is laid on white; grey becomes three equal channels, or colour grey; more than 8 bits become 8; of an animation
 * the first picture is taken. Files in folders with other names are left out, and named in `skipped`.
 *
 * All is decoded once, into the cache folder. Splits hold whole images.
 *
 * @throws {@link DatasetError} for paths that lead to nothing; for a file that cannot be used, unless `onBadInput` is `skip`;
 * for options out of range; and where the library `sharp` is needed and missing.
 */
export async function openImageDataset(
  paths: string | readonly string[],
  options: ImageDatasetOptions,
): Promise<ImageDataset> {
  const { rows, columns, channels = 3, labelBytes = 1, maxPixels = defaultMaxPixels } = options;
  checkWholeNumber('openImageDataset', 'labelBytes', labelBytes, 0, 2 ** 16);
  checkWholeNumber('openImageDataset', 'maxPixels', maxPixels, 1, 2 ** 31);
  const { maxUnpackedBytes = 2 ** 34 } = options;
  checkWholeNumber('openImageDataset', 'maxUnpackedBytes', maxUnpackedBytes, 1, Number.MAX_SAFE_INTEGER);
  const shape = checkShape('openImageDataset', { rows, columns, channels });
  return openMedia(paths, options, {
    operation: 'openImageDataset',
    tokenizer: pixelTokenizer(shape),
    record: rows * columns * channels,
    extensions,
    decodingOf: async (files) =>
      areRecords(files)
        ? recordDecoding({ ...shape, labelBytes, maxUnpackedBytes })
        : pictureDecoding(shape, maxPixels),
  });
}

/** What {@link readImage} is told. */
export interface ReadImageOptions {
  /** Rows of the image wanted. */
  readonly rows: number;
  /** Pixels in a row of it. */
  readonly columns: number;
  /** 3: red, green and blue; 1: grey. Default: 3. */
  readonly channels?: 1 | 3;
  /** The most pixels that the picture may say it has. Default: 2²⁶. */
  readonly maxPixels?: number;
}

/**
 * The tokens of one picture, brought to a size as {@link openImageDataset} does: for a prompt.
 *
 * @throws {@link DatasetError} for a picture that cannot be used, options out of range, or a missing library.
 */
export async function readImage(path: string, options: ReadImageOptions): Promise<Int32Array> {
  const { rows, columns, channels = 3, maxPixels = defaultMaxPixels } = options;
  checkWholeNumber('readImage', 'maxPixels', maxPixels, 1, 2 ** 31);
  const shape = checkShape('readImage', { rows, columns, channels });
  const sharp = await loadSharp();
  try {
    return Int32Array.from(await decodeImage(sharp, await readPicture(path), shape, maxPixels));
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    throw badInput(
      'corrupt',
      `read ${path}`,
      error.message,
      ['pass a picture that can be read', ...error.ways],
      error,
    );
  }
}

function checkShape(operation: string, shape: PictureShape): PictureShape {
  checkWholeNumber(operation, 'rows', shape.rows, 1, 2 ** 14);
  checkWholeNumber(operation, 'columns', shape.columns, 1, 2 ** 14);
  if (shape.channels === 1 || shape.channels === 3) return shape;
  const came: unknown = shape.channels;
  throw wrongArgument(operation, 'channels', { expected: '1 or 3', came, wayOut: 'pass one of them' });
}

/** All files are records or all are pictures. */
function areRecords(files: readonly MediaFile[]): boolean {
  const record = files.find(({ path }) => isRecordFile(path));
  const picture = files.find(({ path }) => !isRecordFile(path));
  if (record === undefined || picture === undefined) return record !== undefined;
  const fact = `files must be all records (.bin, .bin.gz) or all pictures, got ${record.path} and ${picture.path}`;
  throw new DatasetError('argument', { operation: 'openImageDataset', fact, ways: ['put them apart'] });
}

function recordDecoding(layout: RecordLayout): MediaDecoding {
  const { labelBytes, maxUnpackedBytes } = layout;
  const decode = ({ path }: MediaFile) => decodeRecords(path, layout);
  return { recipe: { records: { labelBytes, maxUnpackedBytes } }, decode, atOnce: 1 };
}

async function pictureDecoding(shape: PictureShape, maxPixels: number): Promise<MediaDecoding> {
  const sharp = await loadSharp();
  async function* decode({ path, bytes }: MediaFile): AsyncGenerator<Uint8Array> {
    if (bytes > largestPicture) throw new BadInput(`it has ${bytes} bytes, more than ${largestPicture}`);
    yield await decodeImage(sharp, await readPicture(path), shape, maxPixels);
  }
  return { recipe: { pictures: { maxPixels, versions: sharp.versions } }, decode, atOnce: picturesAtOnce };
}

async function readPicture(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new BadInput(`it cannot be read (${String(error)})`);
  }
}
