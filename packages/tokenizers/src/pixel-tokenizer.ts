import { checkWholeNumber, TokenizerError } from './errors.ts';
import type { SavedTokenizer } from './tokenizer.ts';

/** The size of an image whose bytes are the tokens. */
export interface PixelShape {
  /** Rows of the image: its height in pixels. */
  readonly rows: number;
  /** Pixels in a row: the width of the image. */
  readonly columns: number;
  /** Bytes of a pixel: 1 grey, 3 red, green and blue, 4 with opacity. */
  readonly channels: number;
}

/** A saved {@link pixelTokenizer}. */
export interface PixelTokenizerJson extends SavedTokenizer, PixelShape {
  /** Tells the kinds apart. */
  readonly kind: 'pixels';
}

/**
 * Says that tokens are the bytes of images: row by row from the top, pixels from the left, the channels of a pixel
 * side by side (the paper's section 7.2). The token at (row, column, channel) has the place
 * (row × `columns` + column) × `channels` + channel, and its id is the byte.
 */
export interface PixelTokenizer extends PixelShape {
  /** What it makes tokens of: always `images`. */
  readonly dataKind: 'images';
  /** What a token is: always `pixels`. */
  readonly kind: 'pixels';
  /** How many ids there are: 256. */
  readonly size: 256;
  /** The saved form, for {@link tokenizerFromJSON}. */
  toJSON(): PixelTokenizerJson;
}

/** The most tokens that an image may have. */
const largestImage = 2 ** 28;

/**
 * The tokenizer of images of one size.
 *
 * @throws {@link TokenizerError} for a size that is not whole or out of range, or an image of more than 2²⁸ bytes.
 */
export function pixelTokenizer({ rows, columns, channels }: PixelShape): PixelTokenizer {
  checkWholeNumber('pixelTokenizer', 'rows', rows, 1, largestImage);
  checkWholeNumber('pixelTokenizer', 'columns', columns, 1, largestImage);
  checkWholeNumber('pixelTokenizer', 'channels', channels, 1, 4);
  if (rows * columns * channels > largestImage) {
    throw new TokenizerError(
      `pixelTokenizer: rows × columns × channels must be at most ${largestImage}, got ${rows} × ${columns} × ${channels}; ` +
        'take smaller images',
    );
  }
  return {
    dataKind: 'images',
    kind: 'pixels',
    size: 256,
    rows,
    columns,
    channels,
    toJSON: () => ({
      format: 'sparse-transformers/tokenizer',
      version: 1,
      kind: 'pixels',
      rows,
      columns,
      channels,
    }),
  };
}
