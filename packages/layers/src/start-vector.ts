import type { Rank, Tensor3D } from '@tensorflow/tfjs-core';
import { reshape, tidy, tile } from '@tensorflow/tfjs-core';
import type { Initialiser } from './initialiser.ts';
import { type Layer, parameter } from './parameters.ts';

/** What stands before the first token of a sequence. */
export interface StartVector extends Layer {
  /** The same vector for each sequence: `[batch, 1, width]`. */
  apply(batch: number): Tensor3D;
}

/** A learned start, as in the released code: the paper doesn't say how the first token is predicted. Weight: `weight` `[width]`. */
export function startVector(width: number, initialiser: Initialiser): StartVector {
  const weight = parameter<Rank.R1>([width], initialiser.embeddings(width));
  return {
    parameters: new Map([['weight', weight]]),
    apply: (batch) => tidy(() => tile<Tensor3D>(reshape(weight, [1, 1, width]), [batch, 1, 1])),
  };
}
