import { type DatasetOption, datasetOptionNames } from './option-names.ts';

/** Why a dataset refused, for programs; the message tells people. */
export type DatasetErrorReason =
  /** An argument or option is wrong. */
  | 'argument'
  /** There is no such file. */
  | 'missing'
  /** The path is a folder or a device. */
  | 'not-a-file'
  /** The system would not let us open or read the file. */
  | 'unreadable'
  /** The file holds nothing. */
  | 'empty'
  /** A split is shorter than one window. */
  | 'too-short'
  /** A packed file is larger than the limit when unpacked. */
  | 'too-large'
  /** A file is cut short, damaged, or not what its name or header says. */
  | 'corrupt'
  /** The file is not what it was when the run began. */
  | 'changed'
  /** The text holds a character that the tokenizer does not know. */
  | 'unknown-character'
  /** The text is to be read as characters, and holds bytes that are not UTF-8. */
  | 'not-utf-8'
  /** A line of JSON Lines is too long, no JSON, or without the text. */
  | 'bad-line'
  /** A link leaves its folder, leads nowhere or goes round in a circle. */
  | 'link'
  /** A library that reads such files is not installed. */
  | 'library'
  /** The cache folder cannot be written. */
  | 'cache'
  /** The dataset was closed before. */
  | 'closed';

/** An option in a message, perhaps with a value to give it. */
interface NamedOption {
  readonly option: DatasetOption;
  readonly value?: string | boolean;
}

/** Words of a message. */
export type Words = readonly (string | NamedOption)[];

/** A message in parts, so that programs whose users don't know our functions can put it in their own words. */
interface Wording {
  /** The function, where its caller is to blame. */
  readonly operation?: string;
  /** What was expected, and what came. */
  readonly fact: string | Words;
  /** What can be done, each by itself. */
  readonly ways: readonly (string | Words)[];
}

/** How an option is called, with a value or without; null for one that cannot be given. */
export type OptionNaming = (option: DatasetOption, value?: string | boolean) => string | null;

/** The words of a template, in which options stand as data. */
export function words(texts: TemplateStringsArray, ...options: readonly NamedOption[]): Words {
  return texts.flatMap((text, index) => {
    const option = options[index];
    return option === undefined ? [text] : [text, option];
  });
}

/** A refusal by this package. The message names the file or argument, what was expected, what came, and the way out. */
export class DatasetError extends Error {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name = 'DatasetError';
  /** The kind of refusal. */
  readonly reason: DatasetErrorReason;
  /** What is wrong with one file or line, without its name: such a file or line can be skipped. Null: nothing can. */
  readonly detail: string | null;
  readonly #wording: Wording;

  /** @internal */
  constructor(
    reason: DatasetErrorReason,
    wording: string | Wording,
    cause?: unknown,
    detail: string | null = null,
  ) {
    const parts = typeof wording === 'string' ? { fact: wording, ways: [] } : wording;
    const said = inWords(parts, ownName);
    super(
      parts.operation === undefined ? said : `${parts.operation}: ${said}`,
      cause === undefined ? undefined : { cause },
    );
    this.reason = reason;
    this.detail = detail;
    this.#wording = parts;
  }

  /** The message for users of another program: without our functions, with its names for our options, without ways that it doesn't offer. */
  describe(nameOf: OptionNaming): string {
    return inWords(this.#wording, nameOf);
  }
}

function inWords({ fact, ways }: Wording, nameOf: OptionNaming): string {
  const isOffered = (way: string | Words): boolean =>
    typeof way === 'string' ||
    way.every((word) => typeof word === 'string' || nameOf(word.option, word.value) !== null);
  const offered = ways.filter(isOffered).map((way) => textOf(way, nameOf));
  return [textOf(fact, nameOf), ...(offered.length === 0 ? [] : [offered.join(', or ')])].join('; ');
}

function textOf(said: string | Words, nameOf: OptionNaming): string {
  if (typeof said === 'string') return said;
  return said
    .map((word) => (typeof word === 'string' ? word : (nameOf(word.option, word.value) ?? 'a setting')))
    .join('');
}

/** An option as it stands in a call. */
function ownName(option: DatasetOption, value?: string | boolean): string {
  if (value === undefined) return option;
  return `${option}: ${typeof value === 'string' ? `'${value}'` : value}`;
}

/** Leaving a bad file or line out. */
export const skipBadInput = words`pass ${{ option: 'onBadInput', value: 'skip' }}`;

/** The refusal of one file or line among many, which a caller may choose to skip. */
export function badInput(
  reason: DatasetErrorReason,
  place: string,
  detail: string,
  ways: string | readonly (string | Words)[],
  cause?: unknown,
): DatasetError {
  const wording = { fact: `${place}: ${detail}`, ways: typeof ways === 'string' ? [ways] : ways };
  return new DatasetError(reason, wording, cause, detail);
}

/** Refuses an argument of a function. */
export function wrongArgument(
  operation: string,
  name: string,
  { expected, came, wayOut }: { readonly expected: string; readonly came: unknown; readonly wayOut: string },
): DatasetError {
  const option = datasetOptionNames.find((known) => known === name);
  const fact = [option === undefined ? name : { option }, ` must be ${expected}, got ${show(came)}`];
  return new DatasetError('argument', { operation, fact, ways: [wayOut] });
}

/** Refuses a number that is not whole or not in `from` … `to`. */
export function checkWholeNumber(
  operation: string,
  name: string,
  value: unknown,
  from: number,
  to: number,
): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return;
  const expected = `a whole number from ${from} to ${to}`;
  throw wrongArgument(operation, name, { expected, came: value, wayOut: 'pass such a number' });
}

/** The system's code of an error (`ENOENT`, `Z_DATA_ERROR`, …), or an empty string. */
export function systemCode(error: unknown): string {
  // What is aborted has a code too, which is a number.
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** A value from anywhere, short enough for a message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
