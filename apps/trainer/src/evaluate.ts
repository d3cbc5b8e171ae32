/** The loss on text that is not trained on. */
import { contiguousWindows, type TokenSplit } from '@sparse-transformers/datasets';
import { crossEntropy } from '@sparse-transformers/kernels';
import type { SparseTransformer } from '@sparse-transformers/models';
import * as tf from '@tensorflow/tfjs-core';

/** A mean and what it is over. */
export interface Evaluation {
  /** Mean loss in nats a token. */
  readonly loss: number;
  /** How many targets the mean is over. */
  readonly predictions: number;
}

/** The mean loss over the first windows of a split, side by side; at most `windows`, each as long as the model. */
export async function evaluate(
  model: SparseTransformer,
  split: TokenSplit,
  { batch, windows }: { batch: number; windows: number },
): Promise<Evaluation> {
  const { length } = model.config;
  const all = contiguousWindows(split, { length, batch });
  let [total, predictions] = [0, 0];
  for (let index = 0; index < Math.min(all.batches, Math.ceil(windows / batch)); index++) {
    const { inputs, targets, weights, count } = await all.at(index);
    total += tf.tidy(() => {
      const logits = model.apply(tf.tensor2d(inputs, [batch, length], 'int32')); // [B, n, V]
      const losses = crossEntropy(logits, tf.tensor2d(targets, [batch, length], 'int32')); // [B, n]
      return tf.sum(tf.mul(losses, tf.tensor2d(weights, [batch, length]))).dataSync()[0]!;
    });
    predictions += count;
  }
  return { loss: total / predictions, predictions };
}
