/** The facts that hold for every op, from one description of a case. */
import type { Rounding } from '@sparse-transformers/kernels';
import { exact } from '@sparse-transformers/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dispose, grads, reshape, tensor, valueAndGrads } from '@tensorflow/tfjs-core';
import { centralDifference, spreadCells } from './differences.ts';
import type { Fact } from './fact.ts';
import { check } from './fact.ts';
import { expectNoLeaks } from './leaks.ts';
import { once } from './once.ts';
import { randomFrom } from './random.ts';
import { readNumbers } from './read-numbers.ts';
import { errorWithin } from './tolerance.ts';

/** A differentiable input of a case. */
export interface CaseInput {
  /** Its name in messages. */
  readonly name: string;
  /** The shape of its tensor. */
  readonly shape: readonly number[];
  /** Row-major, each exactly a float32. */
  readonly values: Float64Array;
}

/** An op on certain inputs, beside what it should give. */
export interface OpCase {
  /** Ends each sentence: `for 3 rows of 5`. */
  readonly name: string;
  /** In the order in which `run` takes them. */
  readonly inputs: readonly CaseInput[];
  /** The implementation under test. */
  run(...inputs: Tensor[]): Tensor;
  /** The float64 oracle; rounded to float32 after each step it is the plain computation. */
  reference(inputs: Float64Array[], round: Rounding): Float64Array;
  /** Its gradient for each input. */
  gradient(dy: Float64Array, inputs: Float64Array[], round: Rounding): Float64Array[];
  /** The largest terms that the gradients are differences of, one for each input; see `errorWithin`. */
  largestTerms?(dy: Float64Array, inputs: Float64Array[]): number[];
}

/** Values and gradients of the implementation are within twice the error of the plain float32 computation. */
export function precisionFacts(opCase: OpCase): Fact[] {
  return [
    { name: `values are as good as plain float32 ${opCase.name}`, run: () => checkValues(opCase) },
    { name: `gradients are as good as plain float32 ${opCase.name}`, run: () => checkGradient(opCase) },
  ];
}

/** Nothing is left behind, and the same inputs give the same bits. */
export function hygieneFacts(opCase: OpCase): Fact[] {
  return [
    { name: `no tensor is left behind ${opCase.name}`, run: () => checkLeaks(opCase) },
    { name: `the same inputs give the same bits ${opCase.name}`, run: () => checkBits(opCase) },
  ];
}

/** The oracle's own gradient agrees with central differences of the oracle. */
export function differenceFact(opCase: OpCase): Fact {
  return {
    name: `the oracle's gradient agrees with finite differences ${opCase.name}`,
    run: () => checkDifferences(opCase),
  };
}

/** What the oracle gives for a case: asked once, for all its facts, and for all cases of the same inputs: those of other engines. */
interface Oracle {
  readonly output: Float64Array;
  /** Random, one for each output. */
  readonly dy: Float64Array;
  readonly gradients: Float64Array[];
  /** Rounded to float32 after each step. */
  readonly plain: () => Float64Array;
  readonly plainGradients: () => Float64Array[];
  /** What is wrong with its gradient, if anything. */
  readonly differences: () => string | null;
}

const oracles = new WeakMap<OpCase['inputs'], Oracle>();

function oracleOf(opCase: OpCase): Oracle {
  const known = oracles.get(opCase.inputs);
  if (known) return known;
  const values = valuesOf(opCase);
  const output = opCase.reference(values, exact);
  const dy = randomFrom(99).normals(output.length);
  const gradients = opCase.gradient(dy, values, exact);
  const oracle = {
    output,
    dy,
    gradients,
    plain: once(() => opCase.reference(values, Math.fround)),
    plainGradients: once(() => opCase.gradient(dy, values, Math.fround)),
    differences: once(() => faultOfGradients(opCase, dy, gradients)),
  };
  oracles.set(opCase.inputs, oracle);
  return oracle;
}

async function checkValues(opCase: OpCase): Promise<void> {
  const [actual] = await readNumbers(() => [opCase.run(...tensorsOf(opCase))]);
  errorWithin('output', {
    actual: actual!,
    exact: oracleOf(opCase).output,
    plain: oracleOf(opCase).plain(),
  });
}

async function checkGradient(opCase: OpCase): Promise<void> {
  const values = valuesOf(opCase);
  const { dy, gradients, plainGradients } = oracleOf(opCase);
  const [, ...actual] = await firstRunOf(opCase);
  const plain = plainGradients();
  const largestTerms = opCase.largestTerms?.(dy, values) ?? [];
  opCase.inputs.forEach(({ name }, i) => {
    const computations = { actual: actual[i]!, exact: gradients[i]!, plain: plain[i]! };
    errorWithin(`gradient of ${name}`, { ...computations, largestTerm: largestTerms[i] ?? 0 });
  });
}

const firstRuns = new WeakMap<OpCase, ReturnType<typeof readNumbers>>();

/** The implementation's output and gradients: computed once for the facts that hold them to something. */
function firstRunOf(opCase: OpCase): ReturnType<typeof readNumbers> {
  const run = firstRuns.get(opCase) ?? readNumbers(() => valueAndGradientsOf(opCase));
  firstRuns.set(opCase, run);
  return run;
}

async function checkLeaks(opCase: OpCase): Promise<void> {
  await firstRunOf(opCase); // what is made once and kept (the tables of a plan) is no leak
  const inputs = tensorsOf(opCase);
  const dy = tensor(Float32Array.from(oracleOf(opCase).dy));
  await expectNoLeaks(() => opCase.run(...inputs));
  await expectNoLeaks(() => grads((...xs: Tensor[]) => reshape(opCase.run(...xs), [-1]))(inputs, dy));
  dispose([...inputs, dy]);
}

async function checkBits(opCase: OpCase): Promise<void> {
  const first = await firstRunOf(opCase);
  const second = await readNumbers(() => valueAndGradientsOf(opCase));
  const same = first.every((values, i) => values.every((value, cell) => Object.is(value, second[i]![cell])));
  check(same, 'two runs with the same inputs differ');
}

function checkDifferences(opCase: OpCase): void {
  const fault = oracleOf(opCase).differences();
  check(fault === null, fault ?? '');
}

function faultOfGradients(opCase: OpCase, dy: Float64Array, gradients: Float64Array[]): string | null {
  const values = valuesOf(opCase);
  const f = (...inputs: Float64Array[]) => opCase.reference(inputs, exact);
  for (const cell of spreadCells(values, 5)) {
    const found = centralDifference(f, values, dy, cell, 1e-5);
    const expected = gradients[cell.input]![cell.cell]!;
    const limit = 1e-6 * gradients[cell.input]!.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-3);
    if (Math.abs(found - expected) <= limit) continue;
    const where = `${opCase.inputs[cell.input]!.name}, cell ${cell.cell}`;
    return `${where}: gradient ${expected}, finite difference ${found}`;
  }
  return null;
}

function tensorsOf(opCase: OpCase): Tensor[] {
  return opCase.inputs.map(({ values, shape }) => tensor(Float32Array.from(values), [...shape], 'float32'));
}

function valuesOf({ inputs }: OpCase): Float64Array[] {
  return inputs.map(({ values }) => values);
}

/** The output as a list of numbers, so that its shape needn't be known before, and the gradient for each input. */
function valueAndGradientsOf(opCase: OpCase): Tensor[] {
  const { value, grads: gradients } = valueAndGrads((...xs: Tensor[]) => reshape(opCase.run(...xs), [-1]))(
    tensorsOf(opCase),
    tensor(Float32Array.from(oracleOf(opCase).dy)),
  );
  return [value, ...gradients];
}
