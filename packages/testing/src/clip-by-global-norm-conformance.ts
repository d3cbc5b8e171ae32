import type { clipByGlobalNorm } from '@sparse-transformers/kernels';
import { referenceClipByGlobalNorm } from '@sparse-transformers/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dispose, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Fact } from './fact.ts';
import { check, checkThrows, factsOn } from './fact.ts';
import { expectNoLeaks } from './leaks.ts';
import { randomFrom } from './random.ts';
import { readNumbers } from './read-numbers.ts';
import { errorWithin } from './tolerance.ts';

type Implementation = typeof clipByGlobalNorm;

const shapes = [[3, 5], [], [1], [17], [0], [64, 65], [100, 333], [2, 3, 4]];

/** What every `clipByGlobalNorm` must satisfy. `backend` is the TensorFlow.js backend that must be active when the facts run. */
export function clipByGlobalNormConformance(backend: string, implementation: Implementation): Fact[] {
  return factsOn(backend, [
    {
      name: 'norm and gradients are as good as plain float32 when clipped',
      run: () => asGood(implementation, 2.5),
    },
    {
      name: 'norm and gradients are as good as plain float32 within the norm',
      run: () => asGood(implementation, 1e6),
    },
    { name: 'gradients within the norm keep their bits', run: () => keepsBits(implementation) },
    { name: 'zeros stay zeros', run: () => keepsZeros(implementation) },
    ...[Number.NaN, Number.POSITIVE_INFINITY, 1e20].map((bad) => ({
      name: `the norm is not finite for a gradient of ${bad}`,
      run: () => shows(implementation, bad),
    })),
    { name: 'takes a hundred gradients', run: () => takesMany(implementation) },
    { name: 'the same inputs give the same bits', run: () => sameBits(implementation) },
    { name: 'no tensor is left behind', run: () => leavesNothing(implementation) },
    { name: 'a maximum that is no number above 0 is refused', run: () => refusesMaximum(implementation) },
  ]);
}

function valuesOf(all: readonly number[][]): Float64Array[] {
  const random = randomFrom(5);
  return all.map((shape) => random.normals(shape.reduce((a, b) => a * b, 1)));
}

function tensorsOf(values: readonly Float64Array[], all: readonly number[][]): Tensor[] {
  return values.map((value, i) => tensor(Float32Array.from(value), all[i]!, 'float32'));
}

/** The norm first, then all gradients. */
function run(
  implementation: Implementation,
  values: readonly Float64Array[],
  all: readonly number[][],
  maximum: number,
): Promise<Float32Array[]> {
  return readNumbers(() => {
    const { norm, gradients } = implementation(tensorsOf(values, all), maximum);
    gradients.forEach((gradient, i) => {
      check(String(gradient.shape) === String(all[i]), `gradient ${i} has the shape [${gradient.shape}]`);
    });
    return [norm, ...gradients];
  });
}

async function asGood(implementation: Implementation, maximum: number): Promise<void> {
  const values = valuesOf(shapes);
  const [norm, ...clipped] = await run(implementation, values, shapes, maximum);
  const exact = referenceClipByGlobalNorm(values, maximum);
  const plain = referenceClipByGlobalNorm(values, maximum, Math.fround);
  errorWithin('norm', { actual: norm!, exact: [exact.norm], plain: [plain.norm] });
  clipped.forEach((actual, i) => {
    errorWithin(`gradient ${i}`, { actual, exact: exact.clipped[i]!, plain: plain.clipped[i]! });
  });
}

async function keepsBits(implementation: Implementation): Promise<void> {
  const values = valuesOf(shapes);
  const [, ...clipped] = await run(implementation, values, shapes, 1e6);
  const same = clipped.every((gradient, i) => values[i]!.every((value, cell) => value === gradient[cell]));
  check(same, 'a gradient within the norm has changed');
}

async function keepsZeros(implementation: Implementation): Promise<void> {
  const [norm, zeros] = await run(implementation, [new Float64Array(3)], [[3]], 1);
  check(norm![0] === 0, `norm ${norm![0]}`);
  check(
    Array.from(zeros!).every((value) => value === 0),
    `gradient ${zeros}`,
  );
}

async function shows(implementation: Implementation, bad: number): Promise<void> {
  const [norm] = await run(implementation, [Float64Array.of(1, bad), Float64Array.of(0)], [[2], [1]], 1);
  check(!Number.isFinite(norm![0]), `norm ${norm![0]}`);
}

async function takesMany(implementation: Implementation): Promise<void> {
  const many = Array.from({ length: 100 }, (_, i) => [i + 1]);
  const values = valuesOf(many);
  const [norm, ...clipped] = await run(implementation, values, many, 1);
  const exact = referenceClipByGlobalNorm(values, 1);
  check(Math.abs(norm![0]! / exact.norm - 1) < 1e-5, `norm ${norm![0]}, expected ${exact.norm}`);
  const last = clipped.at(-1)!;
  check(last.length === 100 && Math.abs(last[99]! - exact.clipped.at(-1)![99]!) < 1e-6, `last ${last[99]}`);
}

async function sameBits(implementation: Implementation): Promise<void> {
  const once = () => run(implementation, valuesOf(shapes), shapes, 2.5);
  const [first, second] = [await once(), await once()];
  check(JSON.stringify(first) === JSON.stringify(second), 'two runs with the same inputs differ');
}

async function leavesNothing(implementation: Implementation): Promise<void> {
  const gradients = tensorsOf(valuesOf(shapes), shapes);
  await expectNoLeaks(() => {
    const { norm, gradients: clipped } = implementation(gradients, 1);
    return [norm, ...clipped];
  });
  dispose(gradients);
}

function refusesMaximum(implementation: Implementation): void {
  for (const maximum of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    tidy(() => checkThrows(() => implementation([tensor([1])], maximum), /clipByGlobalNorm.*maximumNorm/));
  }
}
