import type { Rounding } from '@sparse-transformers/kernels';
import { addScaledRow, dotOfRows, exact } from '@sparse-transformers/kernels';
import type { AttentionCall, AttentionInputs } from './dense-attention.ts';
import { addValues, attentionRows, attentionScale } from './dense-attention.ts';

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
  const output = new Float64Array(dOutput.length);
  const scale = round(attentionScale(call));
  for (const row of attentionRows(call, inputs, round)) {
    const { query, keys, weights } = row;
    addValues(output, row, v, valueDim, round);
    const average = dotOfRows(dOutput, query, output, query, valueDim, round);
    const shift = round(average - (dLogSumExp?.[query] ?? 0));
    for (let i = 0; i < keys.length; i++) {
      const [key, weight] = [keys[i]!, weights[i]!];
      const dWeight = dotOfRows(dOutput, query, v, key, valueDim, round);
      const dScore = round(round(weight * round(dWeight - shift)) * scale);
      addScaledRow(dq, query, dScore, k, key, headDim, round);
      addScaledRow(dk, key, dScore, q, query, headDim, round);
      addScaledRow(dv, key, weight, dOutput, query, valueDim, round);
    }
  }
  return { dq, dk, dv };
}
