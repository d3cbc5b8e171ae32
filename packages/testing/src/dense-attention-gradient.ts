import type { Rounding } from '@sparse-transformers/kernels';
import { exact } from '@sparse-transformers/kernels';
import type { AttentionCall, AttentionInputs } from './dense-attention.ts';
import { attentionRows, attentionScale, denseAttention } from './dense-attention.ts';

/** Gradients of `denseAttention`, in the shapes of q, k and v. */
export interface AttentionGradients {
  /** `[B, H, n, D]` */
  readonly dq: Float64Array;
  /** `[B, H, m, D]` */
  readonly dk: Float64Array;
  /** `[B, H, m, Dv]` */
  readonly dv: Float64Array;
}

/** What comes back from above. */
export interface AttentionCotangents {
  /** Gradient of the output, `[B, H, n, Dv]`. */
  readonly dOutput: Float64Array;
  /** Gradient of the log-sum-exp, `[B, H, n]`. Default: zeros. */
  readonly dLogSumExp?: Float64Array;
}

/**
 * Gradients of dense attention by plain loops, from the weights P of the forward pass: the score's gradient is
 * P · (dOutput · v − dOutput · output + dLogSumExp).
 *
 * @param round `Math.fround` gives the plain float32 computation instead
 */
export function denseAttentionGradient(
  call: AttentionCall,
  inputs: AttentionInputs,
  { dOutput, dLogSumExp }: AttentionCotangents,
  round: Rounding = exact,
): AttentionGradients {
  const { headDim, valueDim = headDim } = call;
  const { q, k, v } = inputs;
  const [dq, dk, dv] = [new Float64Array(q.length), new Float64Array(k.length), new Float64Array(v.length)];
  const { output } = denseAttention(call, inputs, round);
  const scale = round(attentionScale(call));
  const accumulate = (sums: Float64Array, cell: number, product: number) => {
    sums[cell] = round(sums[cell]! + round(product));
  };
  for (const { query, keys, weights } of attentionRows(call, inputs, round)) {
    const average = dot(dOutput, query, output, query, valueDim, round);
    const shift = round(average - (dLogSumExp?.[query] ?? 0));
    keys.forEach((key, i) => {
      const weight = weights[i]!;
      const dWeight = dot(dOutput, query, v, key, valueDim, round);
      const dScore = round(round(weight * round(dWeight - shift)) * scale);
      for (let d = 0; d < headDim; d++) {
        accumulate(dq, query * headDim + d, dScore * k[key * headDim + d]!);
        accumulate(dk, key * headDim + d, dScore * q[query * headDim + d]!);
      }
      for (let d = 0; d < valueDim; d++) {
        accumulate(dv, key * valueDim + d, weight * dOutput[query * valueDim + d]!);
      }
    });
  }
  return { dq, dk, dv };
}

/** Row `i` of a times row `j` of b, rows of this width. */
function dot(a: Float64Array, i: number, b: Float64Array, j: number, width: number, round: Rounding): number {
  let total = 0;
  for (let d = 0; d < width; d++) total = round(total + round(a[i * width + d]! * b[j * width + d]!));
  return total;
}
