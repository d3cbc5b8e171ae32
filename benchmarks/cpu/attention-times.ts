import { sparseAttention } from '@sparse-transformers/kernels';
import type { Plan } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';
import { timeOf } from '../figures/times.ts';

/** Attention of one call, to be timed: batch 1, random inputs, on the active backend. */
export interface TimedAttention {
  /** Milliseconds of a forward pass. */
  forward(): number;
  /** Milliseconds of a forward and a backward pass. */
  both(): number;
  /** Frees the inputs. */
  dispose(): void;
}

/** Makes the inputs, and runs both ways once: that uploads the plan. */
export function attentionOf(plan: Plan, heads: number, headDim: number): TimedAttention {
  const random = (seed: number) =>
    tf.randomNormal<tf.Rank.R4>([1, heads, plan.queries, headDim], 0, 1, 'float32', seed);
  const inputs = [random(1), random(2), random(3)];
  const dy = random(4);
  const run = (...[q, k, v]: tf.Tensor[]) =>
    sparseAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, plan);
  const timed = {
    forward: () => timeOf(() => tf.tidy(() => void run(...inputs))),
    both: () => timeOf(() => tf.tidy(() => void tf.grads(run)(inputs, dy))),
    dispose: () => tf.dispose([...inputs, dy]),
  };
  timed.both();
  return timed;
}
