import { isUtf8 } from 'node:buffer';
import { badInput, type DatasetError, show, skipBadInput, type Words, words } from '../refusals/index.ts';
import { linesOf } from './lines.ts';

/** How the lines of a JSON Lines file are read. */
export interface JsonLinesOptions {
  /** The field of each line's object that holds the text. */
  readonly field: string;
  /** The most bytes that a line may have. */
  readonly maxLineBytes: number;
  /** Told of a line that cannot be used; throws to end the file, or returns to go on. */
  readonly onBadLine: (error: DatasetError, line: number) => void;
}

/** A text of one line. */
export interface LineText {
  /** The line, counted from 1. */
  readonly line: number;
  /** The text in UTF-8. */
  readonly bytes: Uint8Array;
}

/** The text of each line of a JSON Lines file: `{"text": "…"}`. `path` is for messages. */
export async function* textsOfLines(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  options: JsonLinesOptions,
): AsyncGenerator<LineText> {
  for await (const { number, bytes } of linesOf(pieces, options.maxLineBytes)) {
    const text = bytes === null ? longerThan(options.maxLineBytes) : textOf(bytes, options.field);
    if (typeof text === 'string') yield { line: number, bytes: Buffer.from(text) };
    else options.onBadLine(badLine(path, number, text), number);
  }
}

/** What is wrong with a line, and what can be done. */
interface Fault {
  readonly detail: string;
  readonly ways: readonly (string | Words)[];
}

function textOf(line: Uint8Array, field: string): string | Fault {
  if (!isUtf8(line)) return fault('JSON in UTF-8', 'bytes that are not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString());
  } catch (error) {
    return fault(
      'JSON',
      line.length === 0 ? 'an empty line' : `a line that is none (${String(error).slice(0, 120)})`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fault('a JSON object', Array.isArray(value) ? 'an array' : show(value));
  if (!Object.hasOwn(value, field))
    return fault(`field ${show(field)}`, `an object without it`, [
      words`name the field that holds the text with ${{ option: 'field' }}`,
    ]);
  return checkText(new Map<string, unknown>(Object.entries(value)).get(field), field);
}

function checkText(text: unknown, field: string): string | Fault {
  const expected = `text in field ${show(field)}`;
  if (typeof text !== 'string') return fault(expected, Array.isArray(text) ? 'an array' : show(text));
  if (text === '') return fault(expected, 'an empty string');
  if (/\p{Surrogate}/u.test(text))
    return fault(`whole characters in field ${show(field)}`, 'half a surrogate pair');
  return text;
}

function longerThan(limit: number): Fault {
  return fault(`a line of at most ${limit} bytes`, 'a longer one', [
    'keep such a text in a file of its own',
    words`if the file is to be trusted, raise ${{ option: 'maxLineBytes' }}`,
  ]);
}

function fault(expected: string, came: string, ways: Fault['ways'] = ['mend the line']): Fault {
  return { detail: `expected ${expected}, got ${came}`, ways };
}

function badLine(path: string, line: number, { detail, ways }: Fault): DatasetError {
  return badInput('bad-line', `read line ${line} of ${path}`, detail, [...ways, skipBadInput]);
}
