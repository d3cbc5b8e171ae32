import type { NamedTensorMap, Scalar, Tensor } from '@tensorflow/tfjs-core';
import { addN, div, maximum, mul, scalar, sqrt, square, sum } from '@tensorflow/tfjs-core';

/** Gives the norm, then the scaled gradients in the order of the inputs. */
export function composedClipByGlobalNorm(
  gradients: NamedTensorMap,
  { maximumNorm }: { maximumNorm: number },
): Tensor[] {
  const all = Object.values(gradients);
  const norm: Scalar = sqrt(addN(all.map((gradient) => sum(square(gradient)))));
  const limit = scalar(maximumNorm);
  const factor = div(limit, maximum(norm, limit));
  return [norm, ...all.map((gradient) => mul(gradient, factor))];
}
