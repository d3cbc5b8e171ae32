/**
 * The model once more, by plain loops over numbers: no tensors, no plans, no cache; it asks the pattern about each pair.
 *
 * In float64 it is the oracle. With `Math.fround` after every step it is the plain float32 computation, whose error
 * against the oracle is the measure of what float32 can be held to.
 */
import { exact, type Rounding } from '@sparse-transformers/kernels';
import type { Pattern } from '@sparse-transformers/patterns';
import { type AttentionCall, type AttentionSizes, denseAttention } from '@sparse-transformers/testing';
import { type PositionsConfig, patternOfLayer, type SparseTransformer } from '../src/index.ts';

/** Weights by name, as numbers. */
type Weights = (name: string) => Float64Array;
type Rows = Float64Array[];

/** The logits of one sequence: `[n][V]`. */
export function oracleLogits(
  model: SparseTransformer,
  tokens: readonly number[],
  round: Rounding = exact,
): Rows {
  const weights = weightsOf(model);
  let x = embed(model, weights, tokens, round); // [n][d]
  for (let layer = 0; layer < model.config.layers; layer++) x = block(model, weights, layer, x, round);
  return multiply(
    normalise(x, weights, 'finalNorm', 1e-6, round),
    weights('output.weight'),
    undefined,
    round,
  );
}

/** Reads each weight once. */
function weightsOf({ parameters }: SparseTransformer): Weights {
  const known = new Map<string, Float64Array>();
  return (name) => {
    const values = known.get(name) ?? Float64Array.from(parameters.get(name)!.dataSync());
    known.set(name, values);
    return values;
  };
}

/** What stands in each slot: the start vector if there is one, then the tokens, each with its own position. */
function embed(
  { config }: SparseTransformer,
  weights: Weights,
  tokens: readonly number[],
  round: Rounding,
): Rows {
  const { width } = config;
  const token = weights('token.weight');
  const start = config.start === 'learned' ? [weights('start.weight')] : [];
  const rows = tokens.map((id, position) => {
    const places = placesOf(config.positions, position).map(
      ([name, row]) => [weights(`position.${name}.weight`), row] as const,
    );
    return Float64Array.from({ length: width }, (_, d) => {
      const cells = places.map(([table, row]) => table[row * width + d]!);
      return round(token[id * width + d]! + cells.reduce((sum, cell) => round(sum + cell)));
    });
  });
  return [...start, ...rows];
}

/** The table rows of a position. */
function placesOf(positions: PositionsConfig, position: number): (readonly [table: string, row: number])[] {
  if (positions.kind === 'attention') {
    const { stride } = positions;
    return [
      ['row', Math.floor(position / stride)],
      ['column', position % stride],
    ];
  }
  const { columns, channels } = positions;
  return [
    ['row', Math.floor(position / channels / columns)],
    ['column', Math.floor(position / channels) % columns],
    ['channel', position % channels],
  ];
}

function block(model: SparseTransformer, weights: Weights, layer: number, x: Rows, round: Rounding): Rows {
  const ofBlock: Weights = (name) => weights(`blocks.${layer}.${name}`);
  const dense = (input: Rows, name: string) =>
    multiply(input, ofBlock(`${name}.weight`), ofBlock(`${name}.bias`), round);
  const attended = attend(model, layer, normalise(x, ofBlock, 'attentionNorm', 1e-5, round), dense, round);
  const middle = sum(x, dense(attended, 'attention.output'), round);
  const inner = dense(normalise(middle, ofBlock, 'feedForwardNorm', 1e-5, round), 'feedForward.inner');
  const activated = inner.map((row) =>
    row.map((cell) => round(cell / round(1 + round(Math.exp(-round(1.702 * cell)))))),
  );
  return sum(middle, dense(activated, 'feedForward.outer'), round);
}

function attend(
  { config }: SparseTransformer,
  layer: number,
  x: Rows,
  dense: (x: Rows, name: string) => Rows,
  round: Rounding,
): Rows {
  const { heads, width, queryKeyWidth } = config;
  const [length, headDim, valueDim] = [x.length, queryKeyWidth / heads, width / heads];
  const [q, k] = ['query', 'key'].map((name) => byHead(dense(x, `attention.${name}`), headDim));
  const v = byHead(dense(x, 'attention.value'), valueDim);
  const sizes = { batch: 1, heads, queries: length, keys: length, headDim, valueDim };
  const { output } = denseAttention(callOf(patternOfLayer(config, layer), sizes), { q: q!, k: k!, v }, round);
  return x.map((_, position) =>
    Float64Array.from({ length: width }, (_, c) => {
      const head = Math.floor(c / valueDim);
      return output[(head * length + position) * valueDim + (c % valueDim)]!;
    }),
  );
}

const calls = new WeakMap<Pattern, Map<string, AttentionCall>>();

/** The same call for the same pattern and sizes: the pattern is asked about each pair once a call. */
function callOf(pattern: Pattern, sizes: AttentionSizes): AttentionCall {
  const ofPattern = calls.get(pattern) ?? new Map<string, AttentionCall>();
  calls.set(pattern, ofPattern);
  const key = Object.values(sizes).join();
  const call = ofPattern.get(key) ?? { ...sizes, pattern };
  ofPattern.set(key, call);
  return call;
}

/** `[n][H·D]` to `[H, n, D]`. */
function byHead(rows: Rows, headDim: number): Float64Array {
  const cells = new Float64Array(rows.length * rows[0]!.length);
  rows.forEach((row, position) => {
    row.forEach((cell, c) => {
      cells[(Math.floor(c / headDim) * rows.length + position) * headDim + (c % headDim)] = cell;
    });
  });
  return cells;
}

function normalise(x: Rows, weights: Weights, name: string, epsilon: number, round: Rounding): Rows {
  const [gain, bias] = [weights(`${name}.gain`), weights(`${name}.bias`)];
  return x.map((row) => {
    const width = row.length;
    let total = 0;
    for (let d = 0; d < width; d++) total = round(total + row[d]!);
    const mean = round(total / width);
    let squares = 0;
    for (let d = 0; d < width; d++) squares = round(squares + round(round(row[d]! - mean) ** 2));
    const deviation = round(Math.sqrt(round(round(squares / width) + epsilon)));
    const normal = new Float64Array(width);
    for (let d = 0; d < width; d++) {
      normal[d] = round(round(round(round(row[d]! - mean) / deviation) * gain[d]!) + bias[d]!);
    }
    return normal;
  });
}

/** x `[n][inputs]` times weight `[inputs, outputs]` plus bias `[outputs]`. */
function multiply(x: Rows, weight: Float64Array, bias: Float64Array | undefined, round: Rounding): Rows {
  const inputs = x[0]!.length;
  const outputs = weight.length / inputs;
  return x.map((row) => {
    const product = new Float64Array(outputs);
    for (let output = 0; output < outputs; output++) {
      let total = 0;
      for (let i = 0; i < inputs; i++) total = round(total + round(row[i]! * weight[i * outputs + output]!));
      product[output] = bias ? round(total + bias[output]!) : total;
    }
    return product;
  });
}

function sum(a: Rows, b: Rows, round: Rounding): Rows {
  return a.map((row, i) => row.map((cell, d) => round(cell + b[i]![d]!)));
}
