import { type SparseAttentionOptions, sparseAttention } from '@sparse-transformers/kernels';
import type { Pattern, Plan } from '@sparse-transformers/patterns';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { reshape, tidy, transpose } from '@tensorflow/tfjs-core';
import { dense } from './dense.ts';
import type { Initialiser } from './initialiser.ts';
import { collectParameters, type Layer } from './parameters.ts';

/** Queries, keys and values; D is `queryKeyWidth` ÷ H for queries and keys, and d ÷ H for values. */
export interface Projections {
  /** What each position looks for: `[B, H, n, D]`. */
  readonly q: Tensor4D;
  /** What each position is found by: `[B, H, n, D]`. */
  readonly k: Tensor4D;
  /** What each position gives: `[B, H, n, D]`. */
  readonly v: Tensor4D;
}

/** Multi-head self-attention over a pattern. */
export interface Attention extends Layer {
  /** `[B, n, d]` to `[B, n, d]`: `project`, sparse attention, `merge`. */
  apply(x: Tensor3D, patternOrPlan: Pattern | Plan, options?: AttentionCallOptions): Tensor3D;
  /** The first part alone: for decoding, which keeps keys and values. */
  project(x: Tensor3D): Projections;
  /** The last part alone: heads `[B, H, n, D]` side by side, times the output matrix: `[B, n, d]`. */
  merge(attended: Tensor4D): Tensor3D;
}

/** Padding and packed documents, as in `sparseAttention`. */
export type AttentionCallOptions = Pick<SparseAttentionOptions, 'keyLengths' | 'documents'>;

/** The sizes of self-attention. */
export interface AttentionSizes {
  /** Of the stream, d. */
  readonly width: number;
  /** How many heads, H. */
  readonly heads: number;
  /** Of the queries and of the keys, all heads together; d unless given. */
  readonly queryKeyWidth?: number;
  /** Scales the starting values of the output matrix; 1 unless given. */
  readonly outputFactor?: number;
}

/**
 * Self-attention with `heads` heads of width d ÷ heads (the paper's sections 4.1 and 4.3), its queries and keys narrower if you like.
 * Weights, each with `weight` and `bias`: `query` and `key` `[d, queryKeyWidth]`, `value` and `output` `[d, d]`.
 *
 * @throws RangeError when `width` or `queryKeyWidth` is no multiple of `heads`
 */
export function attention(
  { width, heads, queryKeyWidth = width, outputFactor = 1 }: AttentionSizes,
  initialiser: Initialiser,
): Attention {
  checkHeads('width', width, heads);
  checkHeads('queryKeyWidth', queryKeyWidth, heads);
  const matrix = (outputs: number, factor = 1) =>
    dense(width, outputs, { weight: initialiser.weights(width, factor) });
  const [query, key] = [matrix(queryKeyWidth), matrix(queryKeyWidth)];
  const [value, output] = [matrix(width), matrix(width, outputFactor)];
  const project = (x: Tensor3D): Projections => ({
    q: tidy(() => splitHeads(query.apply(x), heads)),
    k: tidy(() => splitHeads(key.apply(x), heads)),
    v: tidy(() => splitHeads(value.apply(x), heads)),
  });
  const merge = (attended: Tensor4D) => output.apply(joinHeads(attended)) as Tensor3D;
  return {
    parameters: collectParameters({ query, key, value, output }),
    project,
    merge,
    apply: (x, patternOrPlan, options = {}) =>
      tidy(() => {
        const { q, k, v } = project(x);
        return merge(sparseAttention(q, k, v, patternOrPlan, options));
      }),
  };
}

function checkHeads(name: string, width: number, heads: number): void {
  if (width % heads === 0) return;
  throw new RangeError(`attention: ${name} must be a multiple of heads, but ${width} is none of ${heads}.`);
}

/** `[B, n, d]` to `[B, H, n, D]`. */
function splitHeads(x: Tensor, heads: number): Tensor4D {
  const [batch, length, width] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]) as Tensor4D;
}

/** `[B, H, n, D]` to `[B, n, d]`. */
function joinHeads(x: Tensor4D): Tensor3D {
  const [batch, heads, length, headDim] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, heads * headDim]);
}
