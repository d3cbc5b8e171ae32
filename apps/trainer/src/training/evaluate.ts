/** The loss on tokens that are not trained on. */
import type { TokenSplit } from '@sparse-transformers/datasets';
import type { SparseTransformer } from '@sparse-transformers/models';
import * as tf from '@tensorflow/tfjs-core';
import { evaluationBatches, lossesOf, rowsOf } from '../data/index.ts';

/** A mean and what it is over. */
export interface Evaluation {
  /** Mean loss in nats a token. */
  readonly loss: number;
  /** How many targets the mean is over. */
  readonly predictions: number;
}

/** What is known so far. */
export interface PartialEvaluation extends Evaluation {
  /** Batches done. */
  readonly batch: number;
  /** Batches in all. */
  readonly batches: number;
}

/** How a split is looked at. */
export interface EvaluateOptions {
  /** Windows, or images, in a batch; memory grows with it, the result doesn't depend on it but for rounding. */
  readonly batch: number;
  /** The most windows, or images, from the beginning of the split; all if not given. */
  readonly windows?: number | undefined;
  /** Tokens that each prediction sees before it at least, but at the beginning of the split (the paper's Table 3); 0 if not given. */
  readonly minimumContext?: number | undefined;
  /** Ends the evaluation between batches: the iterator throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The mean loss over the windows of a split, each as long as the model, or over its images: a result after each batch, the last of which
 * is that of the whole.
 *
 * ```ts
 * for await (const { loss, batch, batches } of evaluate(model, split, { batch: 8 })) console.log(`${batch}/${batches}: ${loss}`);
 * ```
 *
 * @throws DatasetError if the split doesn't hold what the model needs; and the signal's reason once it is aborted
 */
export async function* evaluate(
  model: SparseTransformer,
  split: TokenSplit,
  { batch, windows = Number.POSITIVE_INFINITY, minimumContext = 0, signal }: EvaluateOptions,
): AsyncGenerator<PartialEvaluation, void> {
  const all = evaluationBatches(split, model.config, { batch, minimumContext });
  const batches = Math.min(all.batches, Math.ceil(windows / batch));
  let [total, predictions] = [0, 0];
  for (let index = 0; index < batches; index++) {
    signal?.throwIfAborted();
    const whole = await all.at(index);
    const taken = rowsOf(whole, 0, Math.min(batch, windows - index * batch));
    const weights = whole.weights.subarray(0, taken.batch * taken.length);
    const sum = tf.tidy(() =>
      tf.sum(tf.mul(lossesOf(model, taken), tf.tensor2d(weights, [taken.batch, taken.length]))),
    );
    total += (await sum.data())[0]!;
    sum.dispose();
    predictions += weights.reduce((count, weight) => count + weight, 0);
    yield { loss: total / predictions, predictions, batch: index + 1, batches };
  }
}

/** The result of the whole. */
export async function lastEvaluation(results: AsyncIterable<PartialEvaluation>): Promise<Evaluation> {
  let last: Evaluation = { loss: Number.NaN, predictions: 0 };
  for await (const { loss, predictions } of results) last = { loss, predictions };
  return last;
}
