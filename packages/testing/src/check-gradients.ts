/**
 * Checks the gradients of any tfjs op against finite differences.
 *
 * With a `reference` (the same function on numbers) the differences are taken in float64 and are nearly exact. Without
 * one, the op itself is evaluated in float32, and the tolerance is estimated from the differences at two steps.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { grads, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Cell, NumberFunction } from './differences.ts';
import { centralDifference, centralDifferenceOf, spreadCells } from './differences.ts';
import { randomFrom } from './random.ts';
import { readNumbers } from './read-numbers.ts';

/** A differentiable function of float32 tensors. What has no gradient (indices, options) is captured by the function. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor;

/** Options of `checkGradients`. */
export interface CheckGradientsOptions {
  /** The op on row-major float64 numbers, its inputs in the order of the op's. Without it the op itself is evaluated. */
  readonly reference?: NumberFunction;
  /** How many cells of each input are tried, spread evenly. Default 32. */
  readonly cells?: number;
  /** Seed of the random dy that the output is multiplied with. Default 1. */
  readonly seed?: number;
  /** Error allowed, relative to the input's largest gradient. Default √2⁻²³ ≈ 3.5e-4: half of float32's digits. */
  readonly tolerance?: number;
}

/** One estimate by differences, and how far off it may be. */
interface Estimate {
  readonly value: number;
  readonly uncertainty: number;
}

/** The op on numbers, as the engine computes it. */
type OpOnNumbers = (...inputs: Float64Array[]) => Promise<ArrayLike<number>>;

/**
 * Compares `tf.grads(op)` with central finite differences, for a random dy, and throws where they differ.
 *
 * @param op takes and gives float32 tensors
 * @param inputs where to check, float32; not disposed
 * @returns when all is compared: the engine's numbers are waited for
 * @throws Error that names the input, the cell, the gradient and the difference found
 * @example await checkGradients((x) => tf.mul(x, tf.sigmoid(x)), [tf.tensor1d([-1, 0, 2])]);
 */
export async function checkGradients(
  op: TensorFunction,
  inputs: readonly Tensor[],
  options: CheckGradientsOptions = {},
): Promise<void> {
  const { reference, cells = 32, seed = 1, tolerance = Math.sqrt(2 ** -23) } = options;
  const values = await Promise.all(inputs.map(async (input) => Float64Array.from(await input.data())));
  const { dy, gradients } = await gradientsOf(op, inputs, seed);
  const estimate = reference
    ? (cell: Cell) => fromReference(reference, values, dy, cell)
    : (cell: Cell) => fromOp(onNumbers(op, inputs), values, dy, cell);
  for (const cell of spreadCells(values, cells)) {
    const gradient = gradients[cell.input]!;
    const largest = gradient.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    compare(cell, gradient[cell.cell]!, await estimate(cell), tolerance * largest);
  }
}

async function gradientsOf(
  op: TensorFunction,
  inputs: readonly Tensor[],
  seed: number,
): Promise<{ dy: Float64Array; gradients: Float32Array[] }> {
  const shape = tidy(() => op(...inputs).shape);
  const dy = randomFrom(seed).normals(shape.reduce((a, b) => a * b, 1));
  const gradients = await readNumbers(() => grads(op)([...inputs], tensor(Float32Array.from(dy), shape)));
  return { dy, gradients };
}

/** The op as a function of numbers, computed in float32. */
function onNumbers(op: TensorFunction, inputs: readonly Tensor[]): OpOnNumbers {
  return async (...values) => {
    const [output] = await readNumbers(() => [
      op(...values.map((x, i) => tensor(Float32Array.from(x), inputs[i]!.shape))),
    ]);
    return output!;
  };
}

function fromReference(f: NumberFunction, inputs: Float64Array[], dy: Float64Array, cell: Cell): Estimate {
  const size = Math.max(1, Math.abs(inputs[cell.input]![cell.cell]!));
  const value = centralDifference(f, inputs, dy, cell, 1e-5 * size);
  return { value, uncertainty: 1e-7 };
}

/** Twice the step has four times the truncation error, so the two differ by three times that of the smaller step. */
async function fromOp(
  f: OpOnNumbers,
  inputs: Float64Array[],
  dy: Float64Array,
  cell: Cell,
): Promise<Estimate> {
  const size = Math.max(1, Math.abs(inputs[cell.input]![cell.cell]!));
  const step = 2 ** (Math.floor(Math.log2(size)) - 6); // a power of two: x ± step is exact in float32
  const value = await centralDifferenceOf(f, inputs, dy, cell, step);
  const truncation = Math.abs((await centralDifferenceOf(f, inputs, dy, cell, 2 * step)) - value);
  const output = await f(...inputs);
  const magnitude = dy.reduce((total, factor, i) => total + Math.abs(factor * output[i]!), 0);
  return { value, uncertainty: 2 * truncation + (2 ** -23 * magnitude) / step };
}

function compare(
  { input, cell }: Cell,
  gradient: number,
  { value, uncertainty }: Estimate,
  allowed: number,
): void {
  if (Math.abs(gradient - value) <= allowed + uncertainty) return;
  throw new Error(
    `checkGradients: input ${input}, cell ${cell}: the gradient is ${gradient}, but finite differences give ${value} ` +
      `(allowed difference ${(allowed + uncertainty).toExponential(2)})`,
  );
}
