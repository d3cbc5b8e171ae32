import { linear } from '@sparse-transformers/kernels';
import type { Rank, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { InitialValues } from './initial-values.ts';
import { type Layer, parameter } from './parameters.ts';

/** A matrix and a bias. */
export interface Dense extends Layer {
  /** `[inputs, outputs]` */
  readonly weight: Variable<Rank.R2>;
  /** `[outputs]`, if there is one. */
  readonly bias: Variable<Rank.R1> | undefined;
  /** `[..., inputs]` to `[..., outputs]`. */
  apply(x: Tensor): Tensor;
}

/** x · weight + bias. Weights: `weight` `[inputs, outputs]`, and `bias` `[outputs]`, which starts at 0, unless `bias` is false. */
export function dense(
  inputs: number,
  outputs: number,
  { weight, bias: hasBias = true }: { weight: InitialValues; bias?: boolean },
): Dense {
  const matrix = parameter<Rank.R2>([inputs, outputs], weight);
  const bias = hasBias ? parameter<Rank.R1>([outputs], { constant: 0 }) : undefined;
  return {
    weight: matrix,
    bias,
    parameters: new Map<string, Variable>([['weight', matrix], ...(bias ? [['bias', bias] as const] : [])]),
    apply: (x) => linear(x, matrix, bias),
  };
}
