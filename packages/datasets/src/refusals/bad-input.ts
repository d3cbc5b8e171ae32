import type { Words } from './errors.ts';

/** One file among many cannot be used, and the caller chooses what becomes of it. The message says what is wrong. */
export class BadInput extends Error {
  /** What can be done about it, besides leaving the file out. */
  readonly ways: readonly (string | Words)[];

  constructor(message: string, ways: readonly (string | Words)[] = []) {
    super(message);
    this.ways = ways;
  }
}
