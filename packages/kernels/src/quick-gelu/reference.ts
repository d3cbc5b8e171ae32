import type { Rounding } from '../rounding.ts';
import { exact } from '../rounding.ts';

/** Plain-loop x · sigmoid(1.702 x), cell by cell. */
export function referenceQuickGelu(x: Float64Array, round: Rounding = exact): Float64Array {
  return x.map((value) => round(value * gate(value, round)));
}

/** Gradient of `referenceQuickGelu`, cell by cell. */
export function referenceQuickGeluGradient(
  dy: Float64Array,
  x: Float64Array,
  round: Rounding = exact,
): Float64Array {
  return x.map((value, i) => {
    const open = gate(value, round);
    const scaled = round(1.702 * value);
    const derivative = round(open * round(1 + round(scaled * round(1 - open))));
    return round(dy[i]! * derivative);
  });
}

function gate(value: number, round: Rounding): number {
  return round(1 / round(1 + round(Math.exp(round(-1.702 * value)))));
}
