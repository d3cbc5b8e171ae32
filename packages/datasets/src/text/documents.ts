// From a file to documents: unpacked, cleaned, and taken out of lines. A document comes in pieces, for a file of any
// size is one; a line comes in one piece.

import type { Content, Report } from '../files/index.ts';
import { badInput, type DatasetError } from '../refusals/index.ts';
import { dropMark, unixNewlines, withoutReturns } from './clean.ts';
import { textsOfLines } from './json-lines.ts';
import type { TextSource } from './sources.ts';
import { unpack } from './unpack.ts';
import { checkUtf8, doubtOf, Utf8Watch } from './utf8.ts';

/** How files are read: what the text depends on, besides the files. */
export interface ReadingOptions {
  /** The field of a JSON Lines object that holds the text. */
  readonly field: string;
  /** What becomes of CRLF. */
  readonly newlines: 'keep' | 'unix';
  /** Whether the text must be UTF-8. */
  readonly mustBeUtf8: boolean;
  /** Whether files of any content are taken by their bytes. */
  readonly anyBytes: boolean;
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
  /** Told of what is odd about a file that is read all the same. */
  readonly onDoubt: (doubt: string) => void;
}

/** The documents of a file in their order, none of them empty. A piece is overwritten by the next one. */
export async function* documentsOf(
  source: TextSource,
  content: Content,
  options: ReadingOptions,
  { report, onBadLine, onDoubt }: ReadingHandlers,
): AsyncGenerator<DocumentPiece> {
  const { path } = source;
  const { field, maxLineBytes, newlines, maxUnpackedBytes, anyBytes } = options;
  const unpacking = { path, packing: source.packing, maxUnpackedBytes, anyBytes };
  const unpacked = neverEmpty(path, dropMark(unpack(unpacking, content.pages(report))));
  if (source.form === 'plain') return yield* wholeDocument(clean(path, unpacked, options, onDoubt));
  const text = source.form === 'json' ? expectLines(path, unpacked) : unpacked;
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
  { newlines, mustBeUtf8, anyBytes }: ReadingOptions,
  onDoubt: ReadingHandlers['onDoubt'],
): AsyncIterable<Uint8Array> {
  const checked = mustBeUtf8 ? checkUtf8(path, text) : anyBytes ? text : watchUtf8(text, onDoubt);
  return newlines === 'unix' ? unixNewlines(checked) : checked;
}

async function* watchUtf8(
  pieces: AsyncIterable<Uint8Array>,
  onDoubt: ReadingHandlers['onDoubt'],
): AsyncGenerator<Uint8Array> {
  const watch = new Utf8Watch();
  for await (const piece of pieces) {
    watch.push(piece);
    yield piece;
  }
  if (watch.firstInvalid !== null) onDoubt(doubtOf(watch.firstInvalid));
}

/** A file named .json may be JSON Lines, but not one value: its brackets and quotation marks would be learned with the text. */
async function* expectLines(path: string, text: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const piece of text) {
    // A line that goes on in the next piece is seen when it is read.
    const [line = ''] = isFirst ? Buffer.from(piece.subarray(0, 4096)).toString('latin1').split('\n', 1) : [];
    if (isFirst && !/^\s*\{./.test(line.trimEnd())) throw oneValue(path);
    isFirst = false;
    yield piece;
  }
}

function oneValue(path: string): DatasetError {
  const detail = 'expected JSON Lines, got JSON of another form';
  const ways = [
    'write an object with the text in each line (jq -c)',
    'name it .txt to learn it as it stands',
  ];
  return badInput('corrupt', `read ${path}`, detail, ways);
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
