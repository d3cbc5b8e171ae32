import { checkWholeNumber } from './errors.ts';
import type { TokenSplit } from './splits.ts';
import { checkShape, checkTokens, readRow, rowsOf, type TokenBatch, type WindowShape } from './windows.ts';

/** A batch of windows of which some positions are padding. */
export interface EvaluationBatch extends TokenBatch {
  /** `[batch, length]`: 1 where a target counts, 0 where inputs and targets are padding (id 0). */
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

/**
 * The whole split as windows side by side: every token but the first is the target exactly once.
 *
 * Row r of batch k is window k × `batch` + r, and window w has the inputs from token w × `length` on. All batches have
 * the same shape: what is left over in the last window, and in the rows after it, has weight 0.
 * The mean loss is Σ weights × loss ÷ `predictions`.
 *
 * @throws {@link DatasetError} for a split of fewer than 2 tokens, or options out of range.
 */
export function contiguousWindows(split: TokenSplit, shape: WindowShape): ContiguousWindows {
  checkShape('contiguousWindows', shape);
  checkTokens('contiguousWindows', split, 2, 'a token and the one after it');
  const { length, batch } = shape;
  const predictions = split.tokens - 1;
  const batches = Math.ceil(predictions / (length * batch));
  const at = async (index: number): Promise<EvaluationBatch> => {
    checkWholeNumber('contiguousWindows', 'batch index', index, 0, batches - 1);
    return readBatch(split, { length, batch }, index * batch * length);
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

async function readBatch(
  split: TokenSplit,
  { length, batch }: WindowShape,
  start: number,
): Promise<EvaluationBatch> {
  const size = batch * length;
  const count = Math.min(size, split.tokens - 1 - start);
  const weights = new Float32Array(size).fill(1, 0, count);
  const windows = {
    length,
    batch,
    inputLength: length,
    inputs: new Int32Array(size),
    targets: new Int32Array(size),
    weights,
    count,
  };
  const rows = rowsOf(Math.ceil(count / length));
  await Promise.all(
    rows.map((row) =>
      readRow(split, windows, row, start + row * length, Math.min(length, count - row * length)),
    ),
  );
  return windows;
}
