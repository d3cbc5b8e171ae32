import type { Rounding } from '@sparse-transformers/kernels';
import { exact } from '@sparse-transformers/kernels';
import type { AttentionCall, AttentionInputs } from './dense-attention.ts';
import { attentionRows, attentionScale } from './dense-attention.ts';

/** Gradients of `denseAttention`, in the shapes of q, k and v. */
export interface AttentionGradients {
  /** `[B, H, n, D]` */
  readonly dq: Float64Array;
  /** `[B, H, m, D]` */
  readonly dk: Float64Array;
  /** `[B, H, m, D]` */
  readonly dv: Float64Array;
}

/** What comes back from above. */
export interface AttentionCotangents {
  /** Gradient of the output, `[B, H, n, D]`. */
  readonly dOutput: Float64Array;
  /** Gradient of the log-sum-exp, `[B, H, n]`. Default: zeros. */
  readonly dLogSumExp?: Float64Array;
}

/**
 * Gradients of dense attention by plain loops. With weights P and dP = dOutput · v: the scores' gradient is
 * P · (dP − Σ P dP + dLogSumExp).
 *
 * @param round `Math.fround` gives the plain float32 computation instead
 */
export function denseAttentionGradient(
  call: AttentionCall,
  inputs: AttentionInputs,
  { dOutput, dLogSumExp }: AttentionCotangents,
  round: Rounding = exact,
): AttentionGradients {
  const { headDim } = call;
  const { q, k, v } = inputs;
  const [dq, dk, dv] = [new Float64Array(q.length), new Float64Array(k.length), new Float64Array(v.length)];
  const scale = round(attentionScale(call));
  const accumulate = (sums: Float64Array, cell: number, product: number) => {
    sums[cell] = round(sums[cell]! + round(product));
  };
  for (const { queryStart, keyStarts, weights } of attentionRows(call, inputs, round)) {
    const dWeights = keyStarts.map((keyStart) => dot(dOutput, queryStart, v, keyStart, headDim, round));
    const average = dWeights.reduce((sum, dWeight, i) => round(sum + round(weights[i]! * dWeight)), 0);
    const shift = round(average - (dLogSumExp?.[queryStart / headDim] ?? 0));
    keyStarts.forEach((keyStart, i) => {
      const dScore = round(round(weights[i]! * round(dWeights[i]! - shift)) * scale);
      for (let d = 0; d < headDim; d++) {
        accumulate(dq, queryStart + d, dScore * k[keyStart + d]!);
        accumulate(dk, keyStart + d, dScore * q[queryStart + d]!);
        accumulate(dv, keyStart + d, weights[i]! * dOutput[queryStart + d]!);
      }
    });
  }
  return { dq, dk, dv };
}

function dot(
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  size: number,
  round: Rounding,
): number {
  let total = 0;
  for (let d = 0; d < size; d++) total = round(total + round(a[aStart + d]! * b[bStart + d]!));
  return total;
}
