import { forEachCodePoint, isLoneSurrogate } from './code-points.ts';
import { checkIds, UnknownCharacterError } from './errors.ts';
import type { StreamDecoder, StreamEncoder, TextTokenizerJson, Tokenizer } from './tokenizer.ts';

/** The number of ids of {@link byteTokenizer}. */
const size = 256;

/**
 * The tokenizer whose ids are the bytes of UTF-8: 256 ids, no vocabulary, any text.
 *
 * A byte-order mark is text like any other, so `encode(decode(ids))` gives the ids of any valid UTF-8.
 */
export function byteTokenizer(): Tokenizer {
  return { dataKind: 'text', kind: 'bytes', size, encode, decode, encoder, decoder, toJSON };
}

function encode(text: string): Int32Array {
  if (/\p{Surrogate}/u.test(text)) refuseLoneSurrogate(text);
  return Int32Array.from(new TextEncoder().encode(text));
}

function refuseLoneSurrogate(text: string): void {
  forEachCodePoint(text, (codePoint, position) => {
    if (isLoneSurrogate(codePoint)) {
      throw new UnknownCharacterError('encode', codePoint, position, 'a whole character', 'mend the text');
    }
  });
}

function decode(ids: ArrayLike<number>): string {
  checkIds('decode', ids, size);
  return newDecoder().decode(Uint8Array.from(ids));
}

function encoder(): StreamEncoder {
  return { push: (bytes) => Int32Array.from(bytes), end: () => new Int32Array(0) };
}

function decoder(): StreamDecoder {
  const utf8 = newDecoder();
  return {
    push(ids) {
      checkIds('push', ids, size);
      return utf8.decode(Uint8Array.from(ids), { stream: true });
    },
    end: () => utf8.decode(),
  };
}

/** `ignoreBOM` keeps the byte-order mark in the text, in spite of its name. */
function newDecoder() {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}

function toJSON(): TextTokenizerJson {
  return { format: 'sparse-transformers/tokenizer', version: 1, kind: 'bytes' };
}
