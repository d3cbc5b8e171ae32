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
  const seen = new Uint8Array(codePointLimit);
  mark(seen, text);
  return characterTokenizer(alphabetOf(seen));
}

async function buildFromChunks(chunks: AsyncIterable<Uint8Array>): Promise<Tokenizer> {
  const seen = new Uint8Array(codePointLimit);
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const chunk of chunks) mark(seen, utf8.decode(chunk, { stream: true }));
  mark(seen, utf8.decode());
  return characterTokenizer(alphabetOf(seen));
}

function mark(seen: Uint8Array, text: string): void {
  forEachCodePoint(text, (codePoint) => {
    seen[codePoint] = 1;
  });
}

function alphabetOf(seen: Uint8Array): string {
  let alphabet = '';
  seen.forEach((isThere, codePoint) => {
    if (isThere === 1) alphabet += String.fromCodePoint(codePoint);
  });
  return alphabet;
}
