/**
 * What a query doesn't see never reaches it, whatever stands there.
 *
 * Zeros are planted in all rows that nobody may read, then poison in their place: all bits must stay. With it goes poison in one row that
 * some may read; what depends on that row, the oracle says: it is run with NaN there.
 */
import { exact } from '@sparse-transformers/kernels';
import { add, grads, mul, sum, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import type { AttentionCase } from './attention-cases.ts';
import { ordinaryInputs } from './attention-cases.ts';
import { hiddenCases } from './attention-hidden-cases.ts';
import {
  type AttentionCall,
  type AttentionInputs,
  attentionRows,
  denseAttention,
} from './dense-attention.ts';
import { type AttentionCotangents, denseAttentionGradient } from './dense-attention-gradient.ts';
import { check, type Fact } from './fact.ts';
import { randomFrom } from './random.ts';
import { errorWithin } from './tolerance.ts';

/** Gives the output `[B, H, n, Dv]` and the log-sum-exp `[B, H, n]`. */
type Attend = (tensors: Tensor[], call: AttentionCall) => [output: Tensor, logSumExp: Tensor];

/** All that goes into a call and its gradient. */
type Numbers = AttentionInputs & Required<AttentionCotangents>;

/** All that comes out. */
type Results = Record<'output' | 'logSumExp' | 'dq' | 'dk' | 'dv', ArrayLike<number>>;

const poisons = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Math.fround(3e38)];
const poisoned = ['q', 'k', 'v', 'dOutput'] as const;

/** A fact for each call of the seeded generator. */
export function hiddenFacts(attend: Attend): Fact[] {
  return hiddenCases().map((attentionCase, index) => ({
    name: `nothing hidden is read ${attentionCase.name}`,
    run: () => checkHidden(attentionCase, index, attend),
  }));
}

function checkHidden({ call }: AttentionCase, seed: number, attend: Attend): void {
  const numbers = numbersOf(call, seed);
  const unread = unreadRows(call, numbers);
  const clean = planted(call, numbers, unread, 0);
  const expected = resultsOf(call, clean, attend);
  checkPrecision(call, clean, expected);
  poisons.forEach((poison, index) => {
    const everywhere = planted(call, clean, unread, poison);
    const place = readPlace(call, unread, poisoned[(seed + index) % poisoned.length]!, seed + index);
    const dependent = oracle(call, withCells(everywhere, place, Number.NaN));
    const actual = resultsOf(call, withCells(everywhere, place, poison), attend);
    checkBits(expected, actual, dependent, `${poison} in ${place.name}, cells ${place.cells}`);
  });
}

function checkBits(expected: Results, actual: Results, dependent: Results, where: string): void {
  for (const [name, values] of Object.entries(dependent)) {
    const [before, after] = [expected[name as keyof Results], actual[name as keyof Results]];
    for (let cell = 0; cell < values.length; cell++) {
      const [wanted, found] = [Number.isNaN(values[cell]) ? Number.NaN : before[cell], after[cell]];
      const isRight = Object.is(wanted, found) || (Number.isNaN(wanted) && !where.startsWith('NaN'));
      check(isRight, `${where}: ${name}[${cell}] is ${found}, expected ${wanted}`);
    }
  }
}

function checkPrecision(call: AttentionCall, numbers: Numbers, actual: Results): void {
  const [exactly, plain] = [oracle(call, numbers), oracle(call, numbers, Math.fround)];
  const largest = (values: ArrayLike<number>) =>
    Array.from(values).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const product = largest(numbers.dOutput) * largest(numbers.v);
  const terms: Partial<Record<string, number>> = {
    dq: product * largest(numbers.k),
    dk: product * largest(numbers.q),
  };
  for (const name of ['output', 'logSumExp', 'dq', 'dk', 'dv'] as const) {
    const computations = { actual: actual[name], exact: exactly[name], plain: plain[name] };
    errorWithin(name, { ...computations, largestTerm: terms[name] ?? 0 });
  }
}

function numbersOf(call: AttentionCall, seed: number): Numbers {
  const { batch, heads, queries, headDim, valueDim = headDim } = call;
  const random = randomFrom(seed);
  const rows = batch * heads * queries;
  const cotangents = { dOutput: random.normals(rows * valueDim), dLogSumExp: random.normals(rows) };
  return { ...ordinaryInputs(call), ...cotangents };
}

/** Rows that nobody may read, as rows of `[B·H·n]` and `[B·H·m]`. */
interface UnreadRows {
  readonly queries: readonly number[];
  readonly keys: readonly number[];
}

function unreadRows(call: AttentionCall, numbers: Numbers): UnreadRows {
  const seen = new Set<number>();
  const queries: number[] = [];
  for (const { query, keys } of attentionRows(call, numbers, exact)) {
    if (keys.length === 0) queries.push(query);
    for (const key of keys) seen.add(key);
  }
  const rows = Array.from({ length: call.batch * call.heads * call.keys }, (_, row) => row);
  return { queries, keys: rows.filter((row) => !seen.has(row)) };
}

/** The same numbers with another one in all rows that nobody may read. */
function planted(
  call: AttentionCall,
  numbers: Numbers,
  { queries, keys }: UnreadRows,
  value: number,
): Numbers {
  const { headDim, valueDim = headDim } = call;
  const plant = (values: Float64Array, rows: readonly number[], width: number) => {
    const copy = values.slice();
    for (const row of rows) copy.fill(value, row * width, (row + 1) * width);
    return copy;
  };
  return {
    q: plant(numbers.q, queries, headDim),
    k: plant(numbers.k, keys, headDim),
    v: plant(numbers.v, keys, valueDim),
    dOutput: plant(numbers.dOutput, queries, valueDim),
    dLogSumExp: plant(numbers.dLogSumExp, queries, 1),
  };
}

/** Cells of one row of one input. */
interface Place {
  readonly name: (typeof poisoned)[number];
  readonly cells: readonly number[];
}

/** A row that somebody reads: all of it, or one cell. */
function readPlace(call: AttentionCall, unread: UnreadRows, name: Place['name'], seed: number): Place {
  const { batch, heads, headDim, valueDim = headDim } = call;
  const isOfQuery = name === 'q' || name === 'dOutput';
  const hidden = new Set(isOfQuery ? unread.queries : unread.keys);
  const length = batch * heads * (isOfQuery ? call.queries : call.keys);
  const rows = Array.from({ length }, (_, row) => row).filter((row) => !hidden.has(row));
  const random = randomFrom(seed);
  const row = rows[random.integers(1, rows.length)[0]!]!;
  const width = name === 'q' || name === 'k' ? headDim : valueDim;
  const cells = Array.from({ length: width }, (_, cell) => row * width + cell);
  return { name, cells: seed % 2 === 0 ? cells : [cells[random.integers(1, width)[0]!]!] };
}

function withCells(numbers: Numbers, { name, cells }: Place, value: number): Numbers {
  const copy = numbers[name].slice();
  for (const cell of cells) copy[cell] = value;
  return { ...numbers, [name]: copy };
}

function oracle(call: AttentionCall, numbers: Numbers, round = exact): Results {
  return {
    ...denseAttention(call, numbers, round),
    ...denseAttentionGradient(call, numbers, numbers, round),
  };
}

function resultsOf(call: AttentionCall, numbers: Numbers, attend: Attend): Results {
  const { batch, heads, queries, keys, headDim, valueDim = headDim } = call;
  const tensorOf = (values: Float64Array, ...shape: number[]) =>
    tensor(Float32Array.from(values), [batch, heads, ...shape], 'float32');
  return tidy(() => {
    const inputs = [
      tensorOf(numbers.q, queries, headDim),
      tensorOf(numbers.k, keys, headDim),
      tensorOf(numbers.v, keys, valueDim),
    ];
    const dOutput = tensorOf(numbers.dOutput, queries, valueDim);
    const dLogSumExp = tensorOf(numbers.dLogSumExp, queries);
    const [output, logSumExp] = attend(inputs, call);
    // A sum weighted by the gradients hands down just these.
    const weighted = (...tensors: Tensor[]) => {
      const [ofOutput, ofLogSumExp] = attend(tensors, call);
      return add(sum(mul(ofOutput, dOutput)), sum(mul(ofLogSumExp, dLogSumExp)));
    };
    const [dq, dk, dv] = grads(weighted)(inputs).map((gradient) => gradient.dataSync());
    return { output: output.dataSync(), logSumExp: logSumExp.dataSync(), dq: dq!, dk: dk!, dv: dv! };
  });
}
