import { checkWholeNumber } from '../refusals/index.ts';
import type { TokenSplit } from './splits.ts';
import { checkShape, checkTokens, readRow, rowsOf, type TokenBatch, type WindowShape } from './windows.ts';

/** A batch of windows of which some positions are padding. */
export interface EvaluationBatch extends TokenBatch {
  /** `[batch, length]`: 1 where a target counts; 0 where it doesn't, or where inputs and targets are padding (id 0). */
  readonly weights: Float32Array;
  /** How many targets count: the sum of `weights`. */
  readonly count: number;
}

/** All of a split, in order. Each loop over it begins anew. */
export interface ContiguousWindows extends AsyncIterable<EvaluationBatch> {
  /** How many batches there are. */
  readonly batches: number;
  /** How many targets count in all batches together: one less than the split has tokens. */
  readonly predictions: number;
  /** Batch `index`, from 0 to `batches` - 1. */
  at(index: number): Promise<EvaluationBatch>;
}

/** The shape of {@link contiguousWindows}. */
export interface ContiguousWindowsOptions extends WindowShape {
  /**
   * How many tokens must come before a target in its window for it to count, from 0 to `length`; 0 if not given. Above 1, windows
   * overlap, and cost grows as length ÷ (length - minimumContext + 1).
   */
  readonly minimumContext?: number;
}

/**
 * The whole split as windows side by side: every token but the first is the target exactly once.
 *
 * With a minimum context m, as in table 3 of the paper, windows overlap instead: each begins length - m + 1 tokens after the one before,
 * and counts only those targets that have m tokens or more before them in it. The first one counts all of its targets, since nothing comes
 * before them in the split.
 *
 * Row r of batch k is window k × `batch` + r. All batches have the same shape: what is left over in the last window, and in the rows after
 * it, has weight 0, and so has what overlaps. The mean loss is Σ weights × loss ÷ `predictions`.
 *
 * @throws {@link DatasetError} for a split of fewer than 2 tokens, or options out of range.
 */
export function contiguousWindows(split: TokenSplit, options: ContiguousWindowsOptions): ContiguousWindows {
  const { length, batch, minimumContext = 0 } = options;
  checkShape('contiguousWindows', { length, batch });
  checkWholeNumber('contiguousWindows', 'minimumContext', minimumContext, 0, length);
  checkTokens('contiguousWindows', split, 2, 'a token and the one after it');
  const advance = length - Math.max(minimumContext, 1) + 1;
  const predictions = split.tokens - 1;
  const windows = 1 + Math.ceil(Math.max(0, predictions - length) / advance);
  const batches = Math.ceil(windows / batch);
  const at = async (index: number): Promise<EvaluationBatch> => {
    checkWholeNumber('contiguousWindows', 'batch index', index, 0, batches - 1);
    const first = index * batch;
    const numbers = rowsOf(Math.min(batch, windows - first)).map((row) => first + row);
    return readBatch(split, { length, batch }, { advance, numbers });
  };
  return {
    batches,
    predictions,
    at,
    async *[Symbol.asyncIterator]() {
      for (let index = 0; index < batches; index++) yield at(index);
    },
  };
}

/** Reads the windows of these numbers, which begin `advance` tokens apart, into the first rows of a batch. */
async function readBatch(
  split: TokenSplit,
  { length, batch }: WindowShape,
  { advance, numbers }: { readonly advance: number; readonly numbers: readonly number[] },
): Promise<EvaluationBatch> {
  const size = batch * length;
  const weights = new Float32Array(size);
  const inputs = new Int32Array(size);
  const targets = new Int32Array(size);
  const windows = { length, batch, inputLength: length, inputs, targets };
  const counts = numbers.map(async (number, row) => {
    const start = number * advance;
    const read = Math.min(length, split.tokens - 1 - start);
    const firstCounted = number === 0 ? 0 : length - advance;
    await readRow(split, windows, row, start, read);
    weights.fill(1, row * length + firstCounted, row * length + read);
    return read - firstCounted;
  });
  const count = (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
  return { ...windows, weights, count };
}
