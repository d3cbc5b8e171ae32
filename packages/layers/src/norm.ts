import { layerNorm } from '@sparse-transformers/kernels';
import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import { type Layer, parameter } from './parameters.ts';

/** Layer normalisation with a gain and a bias. */
export interface Norm extends Layer {
  /** `[..., width]` to the same shape. */
  apply(x: Tensor): Tensor;
}

/** Layer normalisation over the last axis. Weights: `gain` `[width]`, starts at 1, and `bias` `[width]`, starts at 0. */
export function norm(width: number, { epsilon = 1e-5 }: { epsilon?: number } = {}): Norm {
  const gain = parameter<Rank.R1>([width], { constant: 1 });
  const bias = parameter<Rank.R1>([width], { constant: 0 });
  return {
    parameters: new Map([
      ['gain', gain],
      ['bias', bias],
    ]),
    apply: (x) => layerNorm(x, gain, bias, { epsilon }),
  };
}
