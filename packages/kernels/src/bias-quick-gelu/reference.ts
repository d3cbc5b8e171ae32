import { referenceQuickGelu, referenceQuickGeluGradient } from '../quick-gelu/reference.ts';
import type { Rounding } from '../rounding.ts';
import { exact } from '../rounding.ts';

/** Plain-loop quickGelu(x + bias): x `[rows, width]`, bias `[width]` -> `[rows, width]`. */
export function referenceBiasQuickGelu(
  x: Float64Array,
  bias: Float64Array,
  round: Rounding = exact,
): Float64Array {
  return referenceQuickGelu(biased(x, bias, round), round);
}

/** Gradients of `referenceBiasQuickGelu`, in the shapes of x and bias. */
export interface BiasQuickGeluGradients {
  /** `[rows, width]` */
  readonly dx: Float64Array;
  /** `[width]` */
  readonly dBias: Float64Array;
}

/** Gradients of `referenceBiasQuickGelu` for x and bias, given dy `[rows, width]`. */
export function referenceBiasQuickGeluGradient(
  dy: Float64Array,
  x: Float64Array,
  bias: Float64Array,
  round: Rounding = exact,
): BiasQuickGeluGradients {
  const dx = referenceQuickGeluGradient(dy, biased(x, bias, round), round);
  const dBias = new Float64Array(bias.length);
  dx.forEach((value, i) => {
    const column = i % bias.length;
    dBias[column] = round(dBias[column]! + value);
  });
  return { dx, dBias };
}

function biased(x: Float64Array, bias: Float64Array, round: Rounding): Float64Array {
  return x.map((value, i) => round(value + bias[i % bias.length]!));
}
