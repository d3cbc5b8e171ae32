/** Attention of one query of one head over cached rows: a plain loop, so a token costs what its pattern shows. */
import type { CachedRow } from './key-value-cache.ts';

/** Where a head's cells lie in a row: `[first, first + headDim)`. */
export interface HeadCells {
  /** The first cell. */
  readonly first: number;
  /** How many there are, D. */
  readonly headDim: number;
}

/** Writes softmax(q · kᵀ ÷ √D) · v into the head's cells of `result`; zeros if there are no rows. Float64 inside. */
export function attendRows(
  query: Float32Array,
  rows: readonly CachedRow[],
  { first, headDim }: HeadCells,
  result: Float32Array,
): void {
  if (rows.length === 0) return void result.fill(0, first, first + headDim);
  const scores = rows.map(({ key }) => dot(query, key, first, first + headDim) / Math.sqrt(headDim));
  const most = scores.reduce((a, b) => Math.max(a, b));
  const weights = scores.map((score) => Math.exp(score - most));
  const total = weights.reduce((a, b) => a + b);
  for (let cell = first; cell < first + headDim; cell++) {
    let weighted = 0;
    for (let row = 0; row < rows.length; row++) weighted += weights[row]! * rows[row]!.value[cell]!;
    result[cell] = weighted / total;
  }
}

function dot(a: Float32Array, b: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let cell = from; cell < to; cell++) sum += a[cell]! * b[cell]!;
  return sum;
}
