/** Batches for a model: windows of text and sound, whole images; and a batch as tensors, with its loss. */
import {
  type ContiguousWindows,
  contiguousRecords,
  contiguousWindows,
  type RandomRecords,
  type RandomWindows,
  randomRecords,
  randomWindows,
  type TokenBatch,
  type TokenSplit,
} from '@sparse-transformers/datasets';
import { crossEntropy } from '@sparse-transformers/kernels';
import type { ForwardOptions, SparseTransformer, SparseTransformerConfig } from '@sparse-transformers/models';
import * as tf from '@tensorflow/tfjs-core';
import { TrainerError } from '../messages/index.ts';

type Shape = Pick<SparseTransformerConfig, 'length' | 'start'>;

/** An endless, seeded row of batches that goes on from a cursor; the first if it is null. */
export function trainingBatches(
  split: TokenSplit,
  { length, start }: Shape,
  { batch, seed, cursor }: { readonly batch: number; readonly seed: number; readonly cursor: unknown },
): RandomWindows | RandomRecords {
  const options = { batch, seed, ...(cursor === null ? {} : { cursor }) };
  return isRecords(split, start)
    ? randomRecords(split, { ...options, record: length })
    : randomWindows(split, { ...options, length });
}

/** All of a split once, side by side. */
export function evaluationBatches(
  split: TokenSplit,
  { length, start }: Shape,
  { batch, minimumContext }: { readonly batch: number; readonly minimumContext: number },
): ContiguousWindows {
  if (isRecords(split, start)) return contiguousRecords(split, { record: length, batch });
  // A learned start takes the place of a token: the first target of a window has none before it.
  const unseen = start === 'learned' ? 1 : 0;
  if (minimumContext > length - unseen) {
    throw new TrainerError(
      `The minimum context must be at most ${length - unseen} tokens, what this model sees before the last token that it predicts; got ${minimumContext}.`,
    );
  }
  return contiguousWindows(split, { length, batch, minimumContext: minimumContext + unseen });
}

/** A model with a learned start predicts a record from nothing. On data without records, a window takes a record's place below. */
function isRecords(split: TokenSplit, start: Shape['start']): boolean {
  return start === 'learned' && split.record !== undefined;
}

/** Rows `from` to `to` of a batch. */
export function rowsOf(batch: TokenBatch, from: number, to: number): TokenBatch {
  const { length, inputLength, inputs, targets } = batch;
  return {
    length,
    inputLength,
    batch: to - from,
    inputs: inputs.subarray(from * inputLength, to * inputLength),
    targets: targets.subarray(from * length, to * length),
  };
}

/** The loss of each target, `[B, length]` in nats. */
export function lossesOf(
  model: SparseTransformer,
  batch: TokenBatch,
  options: ForwardOptions = {},
): tf.Tensor {
  return tf.tidy(() => {
    const logits = model.apply(inputsOf(model, batch), options); // [B, length, V]
    return crossEntropy(logits, tf.tensor2d(batch.targets, [batch.batch, batch.length], 'int32'));
  });
}

/** `[B, m]`: one token fewer than targets for a model with a learned start, which sees of a window what it has to predict. */
function inputsOf({ config: { start } }: SparseTransformer, batch: TokenBatch): tf.Tensor2D {
  const { inputs, inputLength, targets, length } = batch;
  const rows = batch.batch;
  if (start === 'none' || inputLength === length - 1)
    return tf.tensor2d(inputs, [rows, inputLength], 'int32');
  const seen = new Int32Array(rows * (length - 1));
  for (let row = 0; row < rows; row++) {
    seen.set(targets.subarray(row * length, (row + 1) * length - 1), row * (length - 1));
  }
  return tf.tensor2d(seen, [rows, length - 1], 'int32');
}
