import type { Rounding } from '../rounding.ts';
import { exact } from '../rounding.ts';

/** Sizes of the plain-loop layer normalisation: x is `[rows, width]`, row-major. */
export interface LayerNormSizes {
  /** Size of the last axis. */
  readonly width: number;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** Plain-loop layer normalisation: x `[rows, width]`, gain and bias `[width]` -> `[rows, width]`. */
export function referenceLayerNorm(
  x: Float64Array,
  gain: Float64Array,
  bias: Float64Array,
  { width, epsilon }: LayerNormSizes,
  round: Rounding = exact,
): Float64Array {
  const output = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    const { normal } = normaliseRow(x.subarray(start, start + width), epsilon, round);
    for (let i = 0; i < width; i++) output[start + i] = round(round(normal[i]! * gain[i]!) + bias[i]!);
  }
  return output;
}

/** Gradients of `referenceLayerNorm`, in the shapes of x, gain and bias. */
export interface LayerNormGradients {
  /** `[rows, width]` */
  readonly dx: Float64Array;
  /** `[width]` */
  readonly dGain: Float64Array;
  /** `[width]` */
  readonly dBias: Float64Array;
}

/** Gradients of `referenceLayerNorm` for x, gain and bias, given dy `[rows, width]`. */
export function referenceLayerNormGradient(
  dy: Float64Array,
  x: Float64Array,
  gain: Float64Array,
  { width, epsilon }: LayerNormSizes,
  round: Rounding = exact,
): LayerNormGradients {
  const dx = new Float64Array(x.length);
  const dGain = new Float64Array(width);
  const dBias = new Float64Array(width);
  for (let start = 0; start < x.length; start += width) {
    const { normal, scale } = normaliseRow(x.subarray(start, start + width), epsilon, round);
    const dNormal = gain.map((factor, i) => round(dy[start + i]! * factor));
    const average = round(sum(dNormal, round) / width);
    const along = round(
      sum(
        dNormal.map((value, i) => round(value * normal[i]!)),
        round,
      ) / width,
    );
    for (let i = 0; i < width; i++) {
      const dCentred = round(round(dNormal[i]! - average) - round(normal[i]! * along));
      dx[start + i] = round(scale * dCentred);
      dGain[i] = round(dGain[i]! + round(dy[start + i]! * normal[i]!));
      dBias[i] = round(dBias[i]! + dy[start + i]!);
    }
  }
  return { dx, dGain, dBias };
}

function normaliseRow(
  row: Float64Array,
  epsilon: number,
  round: Rounding,
): { normal: Float64Array; scale: number } {
  const average = round(sum(row, round) / row.length);
  const centred = row.map((value) => round(value - average));
  const variance = round(
    sum(
      centred.map((value) => round(value * value)),
      round,
    ) / row.length,
  );
  const scale = round(1 / round(Math.sqrt(round(variance + epsilon))));
  return { normal: centred.map((value) => round(value * scale)), scale };
}

function sum(values: Float64Array, round: Rounding): number {
  return values.reduce((total, value) => round(total + value), 0);
}
