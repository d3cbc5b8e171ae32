// From a file to documents: unpacked, cleaned, and taken out of lines. A document comes in pieces, for a file of any
// size is one; a line comes in one piece.

import type { Content, Report } from '../content.ts';
import { badInput, type DatasetError } from '../errors.ts';
import { dropMark, unixNewlines, withoutReturns } from './clean.ts';
import { textsOfLines } from './json-lines.ts';
import type { TextSource } from './sources.ts';
import { unpackGzip } from './unpack-gzip.ts';
import { unpackZstd } from './unpack-zstd.ts';
import { checkUtf8 } from './utf8.ts';

/** How files are read: what the text depends on, besides the files. */
export interface ReadingOptions {
  /** The field of a JSON Lines object that holds the text. */
  readonly field: string;
  /** What becomes of CRLF. */
  readonly newlines: 'keep' | 'unix';
  /** Whether the text must be UTF-8. */
  readonly mustBeUtf8: boolean;
  /** The most bytes that a packed file may unpack to. */
  readonly maxUnpackedBytes: number;
  /** The most bytes that a line of JSON Lines may have. */
  readonly maxLineBytes: number;
}

/** A part of a document. */
export interface DocumentPiece {
  readonly bytes: Uint8Array;
  /** The line that is this whole document, counted from 1; absent for a part of a file. */
  readonly line?: number;
  /** Whether the document ends here. */
  readonly isLast: boolean;
}

/** What reading tells on its way. */
export interface ReadingHandlers {
  /** Told how many bytes of the file are read. */
  readonly report: Report;
  /** Told of a line that cannot be used; throws to end the file, or returns to go on. */
  readonly onBadLine: (error: DatasetError, line: number) => void;
}

/** The documents of a file in their order, none of them empty. A piece is overwritten by the next one. */
export async function* documentsOf(
  source: TextSource,
  content: Content,
  options: ReadingOptions,
  { report, onBadLine }: ReadingHandlers,
): AsyncGenerator<DocumentPiece> {
  const { path } = source;
  const unpacked = unpack(source, content.pages(report), options.maxUnpackedBytes);
  const text = neverEmpty(path, dropMark(unpacked));
  if (source.form === 'plain') return yield* wholeDocument(clean(path, text, options));
  const { field, maxLineBytes, newlines } = options;
  for await (const { line, bytes } of textsOfLines(path, text, { field, maxLineBytes, onBadLine })) {
    yield { line, bytes: newlines === 'unix' ? withoutReturns(bytes) : bytes, isLast: true };
  }
}

async function* wholeDocument(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<DocumentPiece> {
  for await (const bytes of pieces) yield { bytes, isLast: false };
  yield { bytes: new Uint8Array(0), isLast: true };
}

function clean(
  path: string,
  text: AsyncIterable<Uint8Array>,
  { newlines, mustBeUtf8 }: ReadingOptions,
): AsyncIterable<Uint8Array> {
  const checked = mustBeUtf8 ? checkUtf8(path, text) : text;
  return newlines === 'unix' ? unixNewlines(checked) : checked;
}

function unpack(
  { path, packing }: TextSource,
  pages: AsyncIterable<Uint8Array>,
  maxUnpackedBytes: number,
): AsyncIterable<Uint8Array> {
  if (packing === 'none') return pages;
  const unpacked = packing === 'gzip' ? unpackGzip(path, pages) : unpackZstd(path, pages);
  return limited(path, unpacked, maxUnpackedBytes);
}

async function* limited(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  maxUnpackedBytes: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > maxUnpackedBytes) throw tooLarge(path, maxUnpackedBytes);
    yield piece;
  }
}

async function* neverEmpty(path: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isEmpty = true;
  for await (const piece of pieces) {
    isEmpty &&= piece.length === 0;
    yield piece;
  }
  if (isEmpty) throw noText(path);
}

function noText(path: string): DatasetError {
  const detail = 'expected text, got a file that holds none';
  return badInput('empty', `read ${path}`, detail, 'pass a file that holds text');
}

function tooLarge(path: string, maxUnpackedBytes: number): DatasetError {
  const detail = `expected at most ${maxUnpackedBytes} bytes of text, got more`;
  return badInput(
    'too-large',
    `unpack ${path}`,
    detail,
    'if the file is to be trusted, raise maxUnpackedBytes',
  );
}
