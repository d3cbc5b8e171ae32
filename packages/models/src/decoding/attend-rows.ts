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

/** Rows that are read at once: what is shared by their sums is loaded once. */
const together = 4;

/** Writes softmax(q · kᵀ ÷ √D) · v over the rows of these numbers to `result`; zeros if there are none. */
export function attendRows(query: Cells, rows: KeyValueRows, shown: Int32Array, result: Cells): void {
  const sums = new WeightedSum(rows.valueWidth);
  const scores = new Float64Array(together);
  const whole = shown.length - (shown.length % together);
  for (let index = 0; index < whole; index += together) {
    scoreFour(query, rows, shown, index, scores);
    sums.addFour(scores, rows.values, shown, index);
  }
  for (let index = whole; index < shown.length; index++) {
    sums.add(scoreOf(query, rows, shown[index]!), rows.values, shown[index]!);
  }
  sums.write(result);
}

/** Sums of values, each weighted by e to its score, over the largest score so far. */
class WeightedSum {
  readonly #sums: Float64Array;
  #most = Number.NEGATIVE_INFINITY;
  #total = 0;

  constructor(width: number) {
    this.#sums = new Float64Array(width);
  }

  addFour(scores: Float64Array, values: Float32Array, shown: Int32Array, index: number): void {
    const sums = this.#sums;
    const width = sums.length;
    this.#raise(Math.max(scores[0]!, scores[1]!, scores[2]!, scores[3]!));
    const [w0, w1] = [Math.exp(scores[0]! - this.#most), Math.exp(scores[1]! - this.#most)];
    const [w2, w3] = [Math.exp(scores[2]! - this.#most), Math.exp(scores[3]! - this.#most)];
    this.#total += w0 + w1 + (w2 + w3);
    const [r0, r1] = [shown[index]! * width, shown[index + 1]! * width];
    const [r2, r3] = [shown[index + 2]! * width, shown[index + 3]! * width];
    for (let cell = 0; cell < width; cell++) {
      sums[cell]! +=
        w0 * values[r0 + cell]! +
        w1 * values[r1 + cell]! +
        (w2 * values[r2 + cell]! + w3 * values[r3 + cell]!);
    }
  }

  add(score: number, values: Float32Array, row: number): void {
    const sums = this.#sums;
    const first = row * sums.length;
    this.#raise(score);
    const weight = Math.exp(score - this.#most);
    this.#total += weight;
    for (let cell = 0; cell < sums.length; cell++) sums[cell]! += weight * values[first + cell]!;
  }

  write({ values, first }: Cells): void {
    for (let cell = 0; cell < this.#sums.length; cell++) {
      values[first + cell] = this.#total === 0 ? 0 : this.#sums[cell]! / this.#total;
    }
  }

  /** Scales down what is there, if a larger score comes. */
  #raise(score: number): void {
    if (score <= this.#most) return;
    const shrink = Math.exp(this.#most - score); // 0 at first
    for (let cell = 0; cell < this.#sums.length; cell++) this.#sums[cell]! *= shrink;
    this.#total *= shrink;
    this.#most = score;
  }
}

function scoreFour(
  { values, first }: Cells,
  { keys, keyWidth }: KeyValueRows,
  shown: Int32Array,
  index: number,
  scores: Float64Array,
): void {
  const [r0, r1] = [shown[index]! * keyWidth, shown[index + 1]! * keyWidth];
  const [r2, r3] = [shown[index + 2]! * keyWidth, shown[index + 3]! * keyWidth];
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let cell = 0; cell < keyWidth; cell++) {
    const asked = values[first + cell]!;
    s0 += asked * keys[r0 + cell]!;
    s1 += asked * keys[r1 + cell]!;
    s2 += asked * keys[r2 + cell]!;
    s3 += asked * keys[r3 + cell]!;
  }
  const scale = 1 / Math.sqrt(keyWidth);
  scores[0] = s0 * scale;
  scores[1] = s1 * scale;
  scores[2] = s2 * scale;
  scores[3] = s3 * scale;
}

function scoreOf({ values, first }: Cells, { keys, keyWidth }: KeyValueRows, row: number): number {
  let sum = 0;
  for (let cell = 0; cell < keyWidth; cell++) sum += values[first + cell]! * keys[row * keyWidth + cell]!;
  return sum * (1 / Math.sqrt(keyWidth));
}
