/**
 * Attention of one query of one head over cached rows: a plain loop, so a token costs what its pattern shows.
 *
 * Keys and values are read once and side by side (online softmax, Milakov and Gimelshein 2018): what was summed is scaled
 * down whenever a larger score comes. Scores and sums are float64; the paper asks for float32 when sampling.
 */

/** A place in flat memory: where a head's cells begin. */
export interface Cells {
  /** The numbers of many rows and heads. */
  readonly values: Float32Array;
  /** The index of the first cell. */
  readonly first: number;
}

/** Rows of keys and values of one head, side by side in flat memory. */
export interface KeyValueRows {
  /** `[rows, keyWidth]` */
  readonly keys: Float32Array;
  /** `[rows, valueWidth]` */
  readonly values: Float32Array;
  /** Cells of a key and of a query, the softmax's D. */
  readonly keyWidth: number;
  /** Cells of a value and of the result. */
  readonly valueWidth: number;
}

/** Writes softmax(q · kᵀ ÷ √D) · v over the rows of these numbers to `result`; zeros if there are none. */
export function attendRows(query: Cells, rows: KeyValueRows, shown: Int32Array, result: Cells): void {
  const { keys, values, keyWidth, valueWidth } = rows;
  const sums = new Float64Array(valueWidth);
  const scale = 1 / Math.sqrt(keyWidth);
  let most = Number.NEGATIVE_INFINITY;
  let total = 0;
  for (let index = 0; index < shown.length; index++) {
    const row = shown[index]!;
    const score = dot(query, keys, row * keyWidth, keyWidth) * scale;
    if (score > most) {
      const shrink = Math.exp(most - score); // 0 at first
      for (let cell = 0; cell < valueWidth; cell++) sums[cell]! *= shrink;
      total *= shrink;
      most = score;
    }
    const weight = Math.exp(score - most);
    total += weight;
    const first = row * valueWidth;
    for (let cell = 0; cell < valueWidth; cell++) sums[cell]! += weight * values[first + cell]!;
  }
  for (let cell = 0; cell < valueWidth; cell++) {
    result.values[result.first + cell] = shown.length === 0 ? 0 : sums[cell]! / total;
  }
}

/** Four sums, so that one addition need not wait for the one before. */
function dot({ values: a, first: from }: Cells, b: Float32Array, at: number, width: number): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  let cell = 0;
  for (; cell + 4 <= width; cell += 4) {
    first += a[from + cell]! * b[at + cell]!;
    second += a[from + cell + 1]! * b[at + cell + 1]!;
    third += a[from + cell + 2]! * b[at + cell + 2]!;
    fourth += a[from + cell + 3]! * b[at + cell + 3]!;
  }
  for (; cell < width; cell++) first += a[from + cell]! * b[at + cell]!;
  return first + second + (third + fourth);
}
