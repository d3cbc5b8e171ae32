// One id a Unicode code point. An id is looked up in a table by code point (at most 4.4 MB), not in a Map:
// text of a gigabyte is tokenised in seconds, and no character's name can collide with a property.

import { forEachCodePoint, isLoneSurrogate, nameCodePoint } from './code-points.ts';
import { checkIds, TokenizerError, UnknownCharacterError } from './errors.ts';
import type { StreamDecoder, StreamEncoder, Tokenizer } from './tokenizer.ts';

/**
 * The tokenizer whose ids are the places of the characters (Unicode code points) in `alphabet`.
 *
 * @throws {@link TokenizerError} for an empty alphabet, a character named twice, or half a surrogate pair.
 */
export function characterTokenizer(alphabet: string): Tokenizer {
  const { characters, idOf } = readAlphabet(alphabet);
  return {
    dataKind: 'text',
    kind: 'characters',
    size: characters.length,
    encode: (text) => encodeText('encode', text, idOf, 0).ids,
    decode: (ids) => decodeIds('decode', ids, characters),
    encoder: () => characterEncoder(idOf),
    decoder: () => characterDecoder(characters),
    toJSON: () => ({ format: 'sparse-transformers/tokenizer', version: 1, kind: 'characters', alphabet }),
  };
}

/** The characters by id, and a table from code point to id (-1: none), as long as its last code point. */
function readAlphabet(alphabet: string): { characters: string[]; idOf: Int32Array } {
  const codePoints: number[] = [];
  let last = 0;
  forEachCodePoint(alphabet, (codePoint) => {
    codePoints.push(codePoint);
    last = Math.max(last, codePoint);
  });
  if (codePoints.length === 0) {
    throw new TokenizerError(
      'characterTokenizer: alphabet must hold at least one character, got an empty string; pass the characters of the text',
    );
  }
  const idOf = new Int32Array(last + 1).fill(-1);
  codePoints.forEach((codePoint, id) => {
    checkLetter(codePoint, id, idOf[codePoint]!);
    idOf[codePoint] = id;
  });
  return { characters: codePoints.map((codePoint) => String.fromCodePoint(codePoint)), idOf };
}

function checkLetter(codePoint: number, id: number, earlier: number): void {
  if (isLoneSurrogate(codePoint)) {
    throw new TokenizerError(
      `characterTokenizer: alphabet must hold whole characters, got half a surrogate pair ${nameCodePoint(codePoint)} at character ${id}; leave it out`,
    );
  }
  if (earlier >= 0) {
    throw new TokenizerError(
      `characterTokenizer: alphabet must name each character once, got ${nameCodePoint(codePoint)} at characters ${earlier} and ${id}; leave one out`,
    );
  }
}

/** The ids of `text`, whose first character stands at `start` in its stream, and how many they are. */
function encodeText(
  operation: string,
  text: string,
  idOf: Int32Array,
  start: number,
): { ids: Int32Array; count: number } {
  const ids = new Int32Array(text.length);
  let count = 0;
  forEachCodePoint(text, (codePoint, position) => {
    const id = idOf[codePoint] ?? -1;
    if (id < 0) throw unknownCharacter(operation, codePoint, start + position);
    ids[count++] = id;
  });
  return { ids: count === text.length ? ids : ids.slice(0, count), count };
}

function unknownCharacter(operation: string, codePoint: number, position: number): UnknownCharacterError {
  const wayOut = 'leave it out, or build the tokenizer from a text that holds it';
  return new UnknownCharacterError(operation, codePoint, position, "in the tokenizer's alphabet", wayOut);
}

function decodeIds(operation: string, ids: ArrayLike<number>, characters: readonly string[]): string {
  checkIds(operation, ids, characters.length);
  let text = '';
  for (let index = 0; index < ids.length; index++) text += characters[ids[index]!]!;
  return text;
}

function characterEncoder(idOf: Int32Array): StreamEncoder {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  let position = 0;
  const take = (text: string): Int32Array => {
    const { ids, count } = encodeText('push', text, idOf, position);
    position += count;
    return ids;
  };
  return {
    push: (bytes) => take(utf8.decode(bytes, { stream: true })),
    end() {
      const ids = take(utf8.decode());
      position = 0;
      return ids;
    },
  };
}

function characterDecoder(characters: readonly string[]): StreamDecoder {
  return { push: (ids) => decodeIds('push', ids, characters), end: () => '' };
}
