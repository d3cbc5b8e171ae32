/**
 * The inner loops of oracles. A call of some function for each product takes several times as long as the product, so the two roundings that
 * nearly every oracle has stand in place; any other is called.
 */
import type { Rounding } from './rounding.ts';
import { exact } from './rounding.ts';

/** Row `i` of a times row `j` of b, rows of this width: each product and each sum is rounded. */
export function dotOfRows(
  a: Float64Array,
  i: number,
  b: Float64Array,
  j: number,
  width: number,
  round: Rounding,
): number {
  const [fromA, fromB] = [i * width, j * width];
  let total = 0;
  if (round === exact) for (let d = 0; d < width; d++) total += a[fromA + d]! * b[fromB + d]!;
  else if (round === Math.fround)
    for (let d = 0; d < width; d++) total = Math.fround(total + Math.fround(a[fromA + d]! * b[fromB + d]!));
  else for (let d = 0; d < width; d++) total = round(total + round(a[fromA + d]! * b[fromB + d]!));
  return total;
}

/** Adds `factor` times row `j` of `values` to row `i` of `sums`, rows of this width: each product and each sum is rounded. */
export function addScaledRow(
  sums: Float64Array,
  i: number,
  factor: number,
  values: Float64Array,
  j: number,
  width: number,
  round: Rounding,
): void {
  const [to, from] = [i * width, j * width];
  if (round === exact) for (let d = 0; d < width; d++) sums[to + d]! += factor * values[from + d]!;
  else if (round === Math.fround)
    for (let d = 0; d < width; d++)
      sums[to + d] = Math.fround(sums[to + d]! + Math.fround(factor * values[from + d]!));
  else
    for (let d = 0; d < width; d++) sums[to + d] = round(sums[to + d]! + round(factor * values[from + d]!));
}
