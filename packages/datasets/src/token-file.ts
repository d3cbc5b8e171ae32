// Characters take one to four bytes, so the place of token k in a text is not known without reading up to it. Text is
// therefore tokenised once, as a stream, into a cached file of ids of one, two or four bytes, which is read by place.

import { type Tokenizer, UnknownCharacterError } from '@sparse-transformers/tokenizers';
import { cacheKey, openCached } from './cache.ts';
import type { Content, Report } from './content.ts';
import { DatasetError } from './errors.ts';

/** How many bytes an id takes in a file. */
export type TokenWidth = 1 | 2 | 4;

/** The smallest width that holds the ids of a tokenizer of `size` ids. */
export function tokenWidth(size: number): TokenWidth {
  if (size <= 2 ** 8) return 1;
  return size <= 2 ** 16 ? 2 : 4;
}

/** The ids of all characters of a text, made once and read from the cache. */
export async function openTokenFile(
  path: string,
  text: Content,
  tokenizer: Tokenizer,
  cacheFolder: string,
  reports: { readonly reading: Report; readonly tokenising: Report },
): Promise<Content> {
  const key = cacheKey('tokens', text.sha256, JSON.stringify(tokenizer.toJSON()));
  return openCached(
    cacheFolder,
    key,
    () => tokenise(path, text, tokenizer, reports.tokenising),
    reports.reading,
  );
}

async function* tokenise(
  path: string,
  text: Content,
  tokenizer: Tokenizer,
  report: Report,
): AsyncGenerator<Uint8Array> {
  const encoder = tokenizer.encoder();
  const width = tokenWidth(tokenizer.size);
  try {
    for await (const page of text.pages(report)) yield toBytes(encoder.push(page), width);
    yield toBytes(encoder.end(), width);
  } catch (error) {
    if (!(error instanceof UnknownCharacterError)) throw error;
    throw new DatasetError('unknown-character', `tokenise ${path}: ${error.message}`, error);
  }
}

function toBytes(ids: Int32Array, width: TokenWidth): Uint8Array {
  const narrow = width === 1 ? Uint8Array.from(ids) : width === 2 ? Uint16Array.from(ids) : ids;
  return new Uint8Array(narrow.buffer, narrow.byteOffset, narrow.byteLength);
}

/** Fills `into` with the ids from token `start` on. */
export async function readTokens(
  content: Content,
  width: TokenWidth,
  start: number,
  into: Int32Array,
): Promise<void> {
  const bytes = new Uint8Array(into.length * width);
  await content.read(bytes, start * width);
  into.set(width === 1 ? bytes : width === 2 ? new Uint16Array(bytes.buffer) : new Int32Array(bytes.buffer));
}
