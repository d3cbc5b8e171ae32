/** What the layers compute, by loops over numbers: in float64, or rounded to float32 after every step. */

/** `Math.fround`, or nothing. */
export type Round = (value: number) => number;

/** Weights by name. */
export type Weights = (name: string) => Float64Array;

const exact: Round = (value) => value;

/** The weights of a part of a layer. */
export const within =
  (weights: Weights, part: string): Weights =>
  (name) =>
    weights(`${part}.${name}`);

/** x `[rows, inputs]` · weight `[inputs, outputs]` + bias `[outputs]`. */
export function denseLoops(x: Float64Array, weights: Weights, inputs: number, round = exact): Float64Array {
  const [weight, bias] = [weights('weight'), weights('bias')];
  const outputs = bias.length;
  return Float64Array.from({ length: (x.length / inputs) * outputs }, (_, cell) => {
    const [row, output] = [Math.floor(cell / outputs), cell % outputs];
    let total = 0;
    for (let i = 0; i < inputs; i++)
      total = round(total + round(x[row * inputs + i]! * weight[i * outputs + output]!));
    return round(total + bias[output]!);
  });
}

/** (x − mean) ÷ √(variance + ε) · gain + bias over each row of x `[rows, width]`. */
export function normLoops(x: Float64Array, weights: Weights, epsilon: number, round = exact): Float64Array {
  const [gain, bias] = [weights('gain'), weights('bias')];
  const width = gain.length;
  return x.map((cell, i) => {
    const row = x.subarray(i - (i % width), i - (i % width) + width);
    const mean = round(row.reduce((a, b) => round(a + b), 0) / width);
    const squares = row.reduce((a, b) => round(a + round(round(b - mean) ** 2)), 0);
    const deviation = round(Math.sqrt(round(round(squares / width) + epsilon)));
    return round(round(round(round(cell - mean) / deviation) * gain[i % width]!) + bias[i % width]!);
  });
}

/** x · sigmoid(1.702 x), cell by cell. */
function quickGeluLoops(x: Float64Array, round = exact): Float64Array {
  return x.map((cell) => round(cell / round(1 + round(Math.exp(-round(1.702 * cell))))));
}

/** outer · quickGelu(inner · x). */
export function feedForwardLoops(
  x: Float64Array,
  weights: Weights,
  width: number,
  round = exact,
): Float64Array {
  const inner = denseLoops(x, within(weights, 'inner'), width, round);
  const innerWidth = weights('inner.bias').length;
  return denseLoops(quickGeluLoops(inner, round), within(weights, 'outer'), innerWidth, round);
}

/** What attention is made of, apart from its weights. */
export interface AttentionCase {
  readonly heads: number;
  readonly width: number;
  /** Of queries and keys; the width unless given. */
  readonly queryKeyWidth?: number;
  readonly length: number;
  /** Does this head's query see this key? */
  readonly allows: (head: number, query: number, key: number) => boolean;
}

/** Multi-head self-attention of each entry of x `[B, n, d]`. */
export function attentionLoops(
  x: Float64Array,
  weights: Weights,
  { heads, width, queryKeyWidth = width, length, allows }: AttentionCase,
  round = exact,
): Float64Array {
  const project = (name: string) => denseLoops(x, within(weights, name), width, round);
  const [q, k, v] = [project('query'), project('key'), project('value')];
  const [headDim, valueDim] = [queryKeyWidth / heads, width / heads];
  const scale = round(1 / Math.sqrt(headDim));
  const attended = new Float64Array(x.length);
  for (let row = 0; row < x.length / width; row++) {
    const [query, first] = [row % length, row - (row % length)];
    for (let head = 0; head < heads; head++) {
      const keys = Array.from({ length }, (_, key) => key).filter((key) => allows(head, query, key));
      const inQueries = (position: number, d: number) => position * queryKeyWidth + head * headDim + d;
      const at = (position: number, d: number) => position * width + head * valueDim + d;
      const scores = keys.map((key) => {
        let score = 0;
        for (let d = 0; d < headDim; d++)
          score = round(score + round(q[inQueries(row, d)]! * k[inQueries(first + key, d)]!));
        return round(score * scale);
      });
      const most = Math.max(...scores);
      const powers = scores.map((score) => round(Math.exp(round(score - most))));
      const total = powers.reduce((a, b) => round(a + b), 0);
      for (let d = 0; d < valueDim && keys.length > 0; d++) {
        const weighted = keys.reduce((a, key, i) => round(a + round(powers[i]! * v[at(first + key, d)]!)), 0);
        attended[at(row, d)] = round(weighted / total);
      }
    }
  }
  return denseLoops(attended, within(weights, 'output'), width, round);
}

/** a + b, cell by cell. */
export function sumLoops(a: Float64Array, b: Float64Array, round = exact): Float64Array {
  return a.map((cell, i) => round(cell + b[i]!));
}
