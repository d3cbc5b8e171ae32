/**
 * What a query doesn't see never reaches it, whatever stands there.
 *
 * Zeros are planted in all rows that nobody may read, then poison in their place: all bits must stay. With it goes poison in one row that
 * some may read; what depends on that row, the oracle says: it is run with NaN there.
 */
import { exact } from '@sparse-transformers/kernels';
import { add, grads, mul, sum, type Tensor, tensor } from '@tensorflow/tfjs-core';
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
import type { Fact } from './fact.ts';
import { once } from './once.ts';
import { randomFrom } from './random.ts';
import { readNumbers } from './read-numbers.ts';
import { errorWithin } from './tolerance.ts';

/** Gives the output `[B, H, n, Dv]` and the log-sum-exp `[B, H, n]`. */
type Attend = (tensors: Tensor[], call: AttentionCall) => [output: Tensor, logSumExp: Tensor];

/** All that goes into a call and its gradient. */
type Numbers = AttentionInputs & Required<AttentionCotangents>;

const results = ['output', 'logSumExp', 'dq', 'dk', 'dv'] as const;

/** All that comes out. */
type Results = Record<(typeof results)[number], ArrayLike<number>>;

/** NaN is tried in each call, the others in turns. */
const otherPoisons = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Math.fround(3e38)];
const read = ['q', 'k', 'v', 'dOutput'] as const;

/** A fact for each call of the seeded generator. */
export function hiddenFacts(attend: Attend): Fact[] {
  return trials.map((trial) => ({
    name: `nothing hidden is read ${trial.name}`,
    run: () => checkHidden(trial, attend),
  }));
}

/** A call with its poison. What the oracle says of it is asked once, whatever the engines. */
interface Trial extends AttentionCase {
  readonly seed: number;
  readonly clean: () => Numbers;
  readonly oracles: () => { readonly exact: Results; readonly plain: Results };
  readonly poisoned: () => readonly Poisoned[];
}

/** Poison in all rows that nobody may read, and in one place that somebody reads; and what depends on that: NaN. */
interface Poisoned {
  readonly poison: number;
  readonly place: Place;
  readonly numbers: Numbers;
  readonly dependent: Results;
}

const trials = hiddenCases().map(({ name, call }, seed): Trial => {
  const unread = once(() => unreadRows(call, numbersOf(call, seed)));
  const clean = once(() => planted(call, numbersOf(call, seed), unread(), 0));
  return {
    name,
    call,
    seed,
    clean,
    oracles: once(() => ({ exact: oracle(call, clean()), plain: oracle(call, clean(), Math.fround) })),
    poisoned: once(() =>
      [Number.NaN, otherPoisons[seed % 3]!].map((poison, index) =>
        poisonedBy(call, clean(), unread(), poison, seed + index),
      ),
    ),
  };
});

function poisonedBy(
  call: AttentionCall,
  clean: Numbers,
  unread: UnreadRows,
  poison: number,
  seed: number,
): Poisoned {
  const everywhere = planted(call, clean, unread, poison);
  const place = readPlace(call, unread, read[seed % read.length]!, seed);
  const dependent = oracle(call, withCells(everywhere, place, Number.NaN));
  return { poison, place, numbers: withCells(everywhere, place, poison), dependent };
}

async function checkHidden({ call, clean, oracles, poisoned }: Trial, attend: Attend): Promise<void> {
  const expected = await resultsOf(call, clean(), attend);
  checkPrecision(clean(), expected, oracles());
  for (const one of poisoned()) checkBits(expected, await resultsOf(call, one.numbers, attend), one);
}

/** What doesn't depend on the place keeps its bits; what does is NaN if NaN stands there. */
function checkBits(expected: Results, actual: Results, { poison, place, dependent }: Poisoned): void {
  for (const name of results) {
    const values = dependent[name];
    for (let cell = 0; cell < values.length; cell++) {
      const value = values[cell]!;
      if (Number.isNaN(value) && !Number.isNaN(poison)) continue;
      const wanted = Number.isNaN(value) ? Number.NaN : expected[name][cell];
      const found = actual[name][cell];
      if (Object.is(wanted, found)) continue;
      const where = `${poison} in ${place.name}, cells ${place.cells}: ${name}, cell ${cell}`;
      throw new Error(`${where} is ${found}, expected ${wanted}`);
    }
  }
}

function checkPrecision(
  numbers: Numbers,
  actual: Results,
  oracles: { exact: Results; plain: Results },
): void {
  const largest = (values: Float64Array) =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const product = largest(numbers.dOutput) * largest(numbers.v);
  const terms: Partial<Record<string, number>> = {
    dq: product * largest(numbers.k),
    dk: product * largest(numbers.q),
  };
  for (const name of results) {
    const [exactly, plain] = [oracles.exact[name], oracles.plain[name]];
    errorWithin(name, { actual: actual[name], exact: exactly, plain, largestTerm: terms[name] ?? 0 });
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
  readonly name: (typeof read)[number];
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

async function resultsOf(call: AttentionCall, numbers: Numbers, attend: Attend): Promise<Results> {
  const { batch, heads, queries, keys, headDim, valueDim = headDim } = call;
  const tensorOf = (values: Float64Array, ...shape: number[]) =>
    tensor(Float32Array.from(values), [batch, heads, ...shape], 'float32');
  const [output, logSumExp, dq, dk, dv] = await readNumbers(() => {
    const inputs = [
      tensorOf(numbers.q, queries, headDim),
      tensorOf(numbers.k, keys, headDim),
      tensorOf(numbers.v, keys, valueDim),
    ];
    const dOutput = tensorOf(numbers.dOutput, queries, valueDim);
    const dLogSumExp = tensorOf(numbers.dLogSumExp, queries);
    // A sum weighted by the gradients hands down just these.
    const weighted = (...tensors: Tensor[]) => {
      const [ofOutput, ofLogSumExp] = attend(tensors, call);
      return add(sum(mul(ofOutput, dOutput)), sum(mul(ofLogSumExp, dLogSumExp)));
    };
    return [...attend(inputs, call), ...grads(weighted)(inputs)];
  });
  return { output: output!, logSumExp: logSumExp!, dq: dq!, dk: dk!, dv: dv! };
}
