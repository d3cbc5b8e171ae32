import { nameCodePoint } from './code-points.ts';

/** A refusal by a tokenizer: a bad id, alphabet or saved form. The message says what to do. */
export class TokenizerError extends Error {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name: string = 'TokenizerError';
}

/** A text holds a character that the tokenizer has no id for. */
export class UnknownCharacterError extends TokenizerError {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name: string = 'UnknownCharacterError';
  /** The character's code point. */
  readonly codePoint: number;
  /** The character's place in the text or stream, in characters (code points) counted from 0. */
  readonly position: number;

  /** What is wrong, without the function that found it and the way out. */
  readonly fact: string;

  /** @internal */
  constructor(operation: string, codePoint: number, position: number, expected: string, wayOut: string) {
    const fact = `${nameCodePoint(codePoint)} at character ${position} is not ${expected}`;
    super(`${operation}: ${fact}; ${wayOut}`);
    this.fact = fact;
    this.codePoint = codePoint;
    this.position = position;
  }
}

/** Refuses an id that is no whole number from 0 to `size` - 1, naming its index. */
export function checkIds(operation: string, ids: ArrayLike<number>, size: number): void {
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index]!;
    if (!(id >= 0 && id < size && Number.isInteger(id))) {
      throw new TokenizerError(
        `${operation}: ids[${index}] must be a whole number from 0 to ${size - 1}, got ${String(id)}; ` +
          'decode with the tokenizer that made the ids',
      );
    }
  }
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
  throw new TokenizerError(
    `${operation}: ${name} must be a whole number from ${from} to ${to}, got ${String(value)}; pass such a number`,
  );
}
