import { biasQuickGelu, linear } from '@sparse-transformers/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';
import { tidy } from '@tensorflow/tfjs-core';
import { dense } from './dense.ts';
import type { Initialiser } from './initialiser.ts';
import { collectParameters, type Layer } from './parameters.ts';

/** Two matrices with an activation between. */
export interface FeedForward extends Layer {
  /** `[..., width]` to the same shape. */
  apply(x: Tensor): Tensor;
}

/**
 * The paper's feed-forward part (section 5.2): W₂ · f(W₁ · x), f(x) = x · sigmoid(1.702 x).
 * The inner bias is added with the activation, which saves a pass over the widest tensor in each direction.
 * Weights: `inner.weight` `[width, inner]`, `inner.bias`, `outer.weight` `[inner, width]`, `outer.bias`.
 */
export function feedForward(
  { width, inner, outputFactor = 1 }: { width: number; inner: number; outputFactor?: number },
  initialiser: Initialiser,
): FeedForward {
  const first = dense(width, inner, { weight: initialiser.weights(width) });
  const second = dense(inner, width, { weight: initialiser.weights(inner, outputFactor) });
  return {
    parameters: collectParameters({ inner: first, outer: second }),
    apply: (x) => tidy(() => second.apply(biasQuickGelu(linear(x, first.weight), first.bias!))),
  };
}
