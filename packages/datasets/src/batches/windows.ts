import { checkWholeNumber, DatasetError, words } from '../refusals/index.ts';
import type { TokenSplit } from './splits.ts';

/** The most tokens that one batch may hold: 2²⁸, a gibibyte of inputs. */
const largestBatch = 2 ** 28;

/** The shape of a batch. */
export interface WindowShape {
  /** Tokens in a window: the model's length n. */
  readonly length: number;
  /** Windows in a batch, B. `length` × `batch` is at most 2²⁸. */
  readonly batch: number;
}

/** Windows of tokens, and for each token the one after it. */
export interface TokenBatch extends WindowShape {
  /** Inputs in a window: `length`, or one fewer where a window is a whole record and nothing comes before it. */
  readonly inputLength: number;
  /** `[batch, inputLength]`, row by row. */
  readonly inputs: Int32Array;
  /**
   * `[batch, length]`: what a model is to predict. Where `inputLength` is `length`, `targets[row][i]` follows
   * `inputs[row][i]` in the data; where it is one fewer, `targets[row][i]` is `inputs[row][i]`, and the last one besides.
   */
  readonly targets: Int32Array;
}

/** Refuses a shape that is not whole, not positive or too large. */
export function checkShape(operation: string, { length, batch }: WindowShape): void {
  checkWholeNumber(operation, 'length', length, 1, largestBatch);
  checkWholeNumber(operation, 'batch', batch, 1, Math.floor(largestBatch / length));
}

/** Refuses a split of fewer than `needed` tokens. */
export function checkTokens(operation: string, split: TokenSplit, needed: number, what: string): void {
  if (split.tokens >= needed) return;
  const fact = `split ${JSON.stringify(split.name)} of ${split.path} must have at least ${needed} tokens (${what}), got ${split.tokens}`;
  const ways = [words`take a longer file, a larger share of it, or a shorter ${{ option: 'length' }}`];
  throw new DatasetError('too-short', { operation, fact, ways });
}

/** Reads the `count` inputs and targets from token `start` on into row `row` of a batch. */
export async function readRow(
  split: TokenSplit,
  batch: TokenBatch,
  row: number,
  start: number,
  count: number,
): Promise<void> {
  const tokens = new Int32Array(count + 1);
  await split.read(start, tokens);
  batch.inputs.set(tokens.subarray(0, count), row * batch.length);
  batch.targets.set(tokens.subarray(1), row * batch.length);
}

/** The numbers from 0 to `count` - 1. */
export function rowsOf(count: number): number[] {
  return Array.from({ length: count }, (_, row) => row);
}
