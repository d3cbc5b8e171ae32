import type { NamedTensorMap, Scalar, Tensor } from '@tensorflow/tfjs-core';
import { add, clone, div, maximum, mul, scalar, sqrt, square, sum } from '@tensorflow/tfjs-core';

/** Gives the norm, then the scaled gradients in the order of the inputs. */
export function composedClipByGlobalNorm(
  gradients: NamedTensorMap,
  { maximumNorm }: { maximumNorm: number },
): Tensor[] {
  const all = Object.values(gradients);
  // Not addN: a GPU that binds 8 buffers at once gives zeros for the sum of more, and says so on the console only.
  // And nothing is computed with a tensor without a cell, which TensorFlow.js's WebGPU can't.
  const squares = all.filter(({ size }) => size > 0).map((gradient): Scalar => sum(square(gradient)));
  const norm: Scalar = sqrt(squares.reduce((total, one) => add(total, one), scalar(0)));
  const limit = scalar(maximumNorm);
  const factor = div(limit, maximum(norm, limit));
  return [norm, ...all.map((gradient) => (gradient.size > 0 ? mul(gradient, factor) : clone(gradient)))];
}
