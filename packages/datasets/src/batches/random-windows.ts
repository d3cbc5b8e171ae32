import { checkWholeNumber } from '../refusals/index.ts';
import { type Beginnings, beginningsOf } from './beginnings.ts';
import { readCursor } from './cursor.ts';
import { randomBelow } from './random.ts';
import type { TokenSplit } from './splits.ts';
import { checkShape, checkTokens, readRow, rowsOf, type TokenBatch, type WindowShape } from './windows.ts';

/** Options of {@link randomWindows}. */
export interface RandomWindowsOptions extends WindowShape {
  /** The seed: a whole number from 0 to 2⁵³ - 1. */
  readonly seed: number;
  /** Where to go on: what `cursor()` gave, through JSON and back. Default: the first batch. */
  readonly cursor?: unknown;
}

/** A saved place in an endless row of random batches: plain JSON. */
export interface RandomWindowsCursor extends WindowShape {
  /** Names this form. */
  readonly format: 'sparse-transformers/random-windows';
  /** The version of this form. */
  readonly version: 2;
  /** The name of the split. */
  readonly split: string;
  /** The tokens of the split. */
  readonly tokens: number;
  /** The seed. */
  readonly seed: number;
  /** The number of the batch that `next()` gives. */
  readonly next: number;
}

/** An endless row of random batches. */
export interface RandomWindows {
  /** The batch that `next()` gives now, and one further each time. Calls may overlap. */
  next(): Promise<TokenBatch>;
  /** Batch `index`, counted from 0: the same at any time. Does not move the cursor. */
  at(index: number): Promise<TokenBatch>;
  /** The place to go on from, for the `cursor` option. */
  cursor(): RandomWindowsCursor;
}

/**
 * Batches of windows that begin at random tokens of a split, each of its beginnings with the same chance.
 *
 * A window lies within one piece of the split, with the token after it; so a piece of t tokens has t - `length` beginnings.
 * Pieces too short for that are not lost: a window may begin anywhere in them and goes on into the next piece. In a split
 * of records, windows begin where records do.
 *
 * Batch k is a pure function of the seed and k: row r of it has the beginning `randomBelow(beginnings, { seed, purpose: 'windows', index: k, row: r })`.
 *
 * @throws {@link DatasetError} for a split of fewer than `length` + 1 tokens, options out of range, or a cursor of other windows.
 */
export function randomWindows(split: TokenSplit, options: RandomWindowsOptions): RandomWindows {
  const { length, batch, seed } = options;
  checkShape('randomWindows', options);
  checkWholeNumber('randomWindows', 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
  checkTokens('randomWindows', split, length + 1, 'a window and the token after it');
  const kind = { format: 'sparse-transformers/random-windows', version: 2 } as const;
  const place = { ...kind, split: split.name, tokens: split.tokens, length, batch, seed };
  let next = options.cursor === undefined ? 0 : readCursor('randomWindows', options.cursor, place);
  const beginnings = beginningsOf(split, length);
  const at = (index: number): Promise<TokenBatch> => readBatch(split, options, beginnings, index);
  return { at, next: () => at(next++), cursor: () => ({ ...place, next }) };
}

async function readBatch(
  split: TokenSplit,
  options: RandomWindowsOptions,
  beginnings: Beginnings,
  index: number,
): Promise<TokenBatch> {
  const { length, batch, seed } = options;
  checkWholeNumber('randomWindows', 'batch index', index, 0, Number.MAX_SAFE_INTEGER);
  const windows = {
    length,
    batch,
    inputLength: length,
    inputs: new Int32Array(batch * length),
    targets: new Int32Array(batch * length),
  };
  await Promise.all(
    rowsOf(batch).map((row) =>
      readRow(
        split,
        windows,
        row,
        beginnings.at(randomBelow(beginnings.count, { seed, purpose: 'windows', index, row })),
        length,
      ),
    ),
  );
  return windows;
}
