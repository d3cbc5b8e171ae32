import { embedding } from '@sparse-transformers/kernels';
import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import type { InitialValues } from './initial-values.ts';
import { type Layer, parameter } from './parameters.ts';

/** A row for each index. */
export interface Table extends Layer {
  /** int32 `[...]` to `[..., width]`. */
  apply(indices: Tensor): Tensor;
}

/** An embedding table. Weight: `weight` `[rows, width]`. */
export function table(rows: number, width: number, weight: InitialValues): Table {
  const values = parameter<Rank.R2>([rows, width], weight);
  return { parameters: new Map([['weight', values]]), apply: (indices) => embedding(values, indices) };
}
