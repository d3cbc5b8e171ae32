import type { MuLawTokenizer, MuLawTokenizerJson } from './mu-law-tokenizer.ts';
import type { PixelTokenizer, PixelTokenizerJson } from './pixel-tokenizer.ts';

/** A tokenizer of any kind of data. `dataKind` tells what it makes tokens of, `kind` what a token is. */
export type AnyTokenizer = Tokenizer | PixelTokenizer | MuLawTokenizer;

/** What a saved tokenizer looks like: plain JSON, versioned, holding nothing that is executed. */
export type TokenizerJson = TextTokenizerJson | PixelTokenizerJson | MuLawTokenizerJson;

/** What a saved tokenizer of text looks like. */
export type TextTokenizerJson = ByteTokenizerJson | CharacterTokenizerJson;

/** What every saved tokenizer begins with. */
export interface SavedTokenizer {
  /** Always `sparse-transformers/tokenizer`. */
  readonly format: 'sparse-transformers/tokenizer';
  /** Raised when the meaning of a saved form changes. */
  readonly version: 1;
}

/** A saved `byteTokenizer`. */
export interface ByteTokenizerJson extends SavedTokenizer {
  /** Tells the two apart. */
  readonly kind: 'bytes';
}

/** A saved `characterTokenizer`. */
export interface CharacterTokenizerJson extends SavedTokenizer {
  /** Tells the two apart. */
  readonly kind: 'characters';
  /** The characters in the order of their ids. */
  readonly alphabet: string;
}

/** Turns text into token ids and back. Ids are whole numbers from 0 to `size` - 1. */
export interface Tokenizer {
  /** What it makes tokens of: always `text`. */
  readonly dataKind: 'text';
  /** `bytes`: one id a byte of UTF-8; `characters`: one id a Unicode code point. */
  readonly kind: TextTokenizerJson['kind'];
  /** How many ids there are. */
  readonly size: number;
  /**
   * The ids of a whole text.
   *
   * @throws {@link UnknownCharacterError} for a character without an id, or half a surrogate pair.
   */
  encode(text: string): Int32Array;
  /**
   * The text of a whole sequence of ids. Bytes that are not UTF-8 show as U+FFFD.
   *
   * @throws {@link TokenizerError} for an id that is not a whole number from 0 to `size` - 1.
   */
  decode(ids: ArrayLike<number>): string;
  /** A new stream from bytes of UTF-8, cut anywhere, to ids. */
  encoder(): StreamEncoder;
  /** A new stream from ids, cut anywhere, to text. */
  decoder(): StreamDecoder;
  /** The saved form, for {@link tokenizerFromJSON}. */
  toJSON(): TextTokenizerJson;
}

/** Bytes of UTF-8 in, ids out. All pushes together give the ids of the whole text. */
export interface StreamEncoder {
  /**
   * The ids that these bytes complete; an unfinished character waits for the next push.
   *
   * @throws {@link UnknownCharacterError} with the place counted from the start of the stream.
   */
  push(bytes: Uint8Array): Int32Array;
  /** The ids still held back: a cut character at the end counts as U+FFFD. The stream begins anew. */
  end(): Int32Array;
}

/** Ids in, text out. All pieces together are the text of all ids together. */
export interface StreamDecoder {
  /**
   * The text that these ids complete. Never half a character: the rest waits for the next push.
   *
   * @throws {@link TokenizerError} for an id out of range; the ids of that push are then not taken.
   */
  push(ids: ArrayLike<number>): string;
  /** The text still held back: a cut character shows as U+FFFD. The stream begins anew. */
  end(): string;
}
