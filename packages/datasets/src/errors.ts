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

/** A refusal by this package. The message names the file or argument, what was expected, what came, and the way out. */
export class DatasetError extends Error {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name = 'DatasetError';
  /** The kind of refusal. */
  readonly reason: DatasetErrorReason;
  /** What is wrong with one file or line, without its name: such a file or line can be skipped. Null: nothing can. */
  readonly detail: string | null;

  /** @internal */
  constructor(reason: DatasetErrorReason, message: string, cause?: unknown, detail: string | null = null) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.detail = detail;
  }
}

/** The refusal of one file or line among many, which a caller may choose to skip. */
export function badInput(
  reason: DatasetErrorReason,
  place: string,
  detail: string,
  wayOut: string,
  cause?: unknown,
): DatasetError {
  return new DatasetError(reason, `${place}: ${detail}; ${wayOut}`, cause, detail);
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
  throw new DatasetError(
    'argument',
    `${operation}: ${name} must be a whole number from ${from} to ${to}, got ${show(value)}; pass such a number`,
  );
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
