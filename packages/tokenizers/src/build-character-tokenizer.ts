import { characterTokenizer } from './character-tokenizer.ts';
import { codePointLimit, forEachCodePoint } from './code-points.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * The character tokenizer of all characters of a text, in the order of their code points.
 *
 * @throws {@link TokenizerError} for an empty text or half a surrogate pair.
 */
export function buildCharacterTokenizer(text: string): Tokenizer;
/**
 * The same from a stream of UTF-8, cut anywhere, in memory that does not grow with it.
 * Bytes that are not UTF-8 count as U+FFFD, which is then a character of the alphabet.
 */
export function buildCharacterTokenizer(chunks: AsyncIterable<Uint8Array>): Promise<Tokenizer>;
export function buildCharacterTokenizer(
  source: string | AsyncIterable<Uint8Array>,
): Tokenizer | Promise<Tokenizer> {
  return typeof source === 'string' ? buildFromText(source) : buildFromChunks(source);
}

function buildFromText(text: string): Tokenizer {
  const found = nothingFound();
  note(found, text);
  return characterTokenizer(alphabetOf(found));
}

async function buildFromChunks(chunks: AsyncIterable<Uint8Array>): Promise<Tokenizer> {
  const found = nothingFound();
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const chunk of chunks) note(found, utf8.decode(chunk, { stream: true }));
  note(found, utf8.decode());
  return characterTokenizer(alphabetOf(found));
}

/** Code points in the order in which they came, and a table of them. */
interface Found {
  readonly codePoints: number[];
  readonly isThere: Uint8Array;
}

function nothingFound(): Found {
  return { codePoints: [], isThere: new Uint8Array(codePointLimit) };
}

function note({ codePoints, isThere }: Found, text: string): void {
  forEachCodePoint(text, (codePoint) => {
    if (isThere[codePoint] === 1) return;
    isThere[codePoint] = 1;
    codePoints.push(codePoint);
  });
}

function alphabetOf({ codePoints }: Found): string {
  return codePoints
    .toSorted((one, other) => one - other)
    .map((codePoint) => String.fromCodePoint(codePoint))
    .join('');
}
