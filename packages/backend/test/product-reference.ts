/** Random matrices, and a product of them by plain loops in float64 with the error that float32 would make. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { numbersFrom } from './each-device.ts';

/** The sides of a product. */
export interface Sides {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
}

/** How it is called. */
export interface ProductCall {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Axes before the matrices, of a and of b. */
  readonly batches?: readonly [number[], number[]];
}

const epsilon = 2 ** -24;

/** A tensor of random numbers from −1 to 1, the same for the same seed. */
export function matrixOf(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(numbersOf(tf.util.sizeFromShape(shape), seed), shape, 'float32');
}

function numbersOf(count: number, seed: number): Float32Array {
  return numbersFrom(seed * 7919 + count, count);
}

/** Multiplies on the active backend and compares cell by cell. */
export function expectProduct(sides: Sides, call: ProductCall): void {
  const { rows, depth, columns } = sides;
  const { transposeA, transposeB, batches: [batchA, batchB] = [[], []] } = call;
  const words = `${rows} × ${depth} × ${columns}, ${JSON.stringify(call)}`;
  const { a, b, exact, allowed } = caseOf(words, sides, call);
  tf.tidy(() => {
    const product = tf.matMul(
      tf.tensor(a, [...batchA, ...(transposeA ? [depth, rows] : [rows, depth])]),
      tf.tensor(b, [...batchB, ...(transposeB ? [columns, depth] : [depth, columns])]),
      transposeA,
      transposeB,
    );
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
    expect(product.shape, words).toEqual([...batch, rows, columns]);
    expect(worstError(product.dataSync<'float32'>(), exact, allowed), words).toBeLessThan(2);
  });
}

/** The largest error, in what is allowed for its cell. */
function worstError(actual: Float32Array, exact: Float64Array, allowed: Float64Array): number {
  if (actual.length !== exact.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let cell = 0; cell < actual.length; cell++) {
    // A NaN stays: no cell after it may hide it.
    worst = Math.max(worst, Math.abs(actual[cell]! - exact[cell]!) / allowed[cell]!);
  }
  return worst;
}

/** The inputs of a call, their product in float64, and the error that float32 would make in each cell. */
interface ProductCase {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly exact: Float64Array;
  readonly allowed: Float64Array;
}

/** The same for all devices, so that each product is computed once. */
const cases = new Map<string, ProductCase>();

function caseOf(words: string, sides: Sides, call: ProductCall): ProductCase {
  const found = cases.get(words) ?? newCase(sides, call);
  cases.set(words, found);
  return found;
}

function newCase({ rows, depth, columns }: Sides, call: ProductCall): ProductCase {
  const { transposeA, transposeB, batches: [batchA, batchB] = [[], []] } = call;
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const [entries, cells] = [tf.util.sizeFromShape(batch), rows * columns];
  const a = numbersOf(tf.util.sizeFromShape(batchA) * rows * depth, 1);
  const b = numbersOf(tf.util.sizeFromShape(batchB) * depth * columns, 2);
  const [exact, allowed] = [new Float64Array(entries * cells), new Float64Array(entries * cells)];
  for (let entry = 0; entry < entries; entry++) {
    const [ownA, ownB] = [entryOf(entry, batch, batchA), entryOf(entry, batch, batchB)];
    const left = linesOf(a.subarray(ownA * rows * depth), rows, depth, transposeA);
    const right = linesOf(b.subarray(ownB * depth * columns), columns, depth, !transposeB);
    const [from, to] = [entry * cells, (entry + 1) * cells];
    multiply(left, right, depth, exact.subarray(from, to), allowed.subarray(from, to));
  }
  return { a, b, exact, allowed };
}

/** The lines of a matrix one after the other, each of `depth` terms, from one that may stand on its side. */
function linesOf(values: Float32Array, lines: number, depth: number, isTransposed: boolean): Float64Array {
  const [line, step] = isTransposed ? [1, lines] : [depth, 1];
  const result = new Float64Array(lines * depth);
  for (let i = 0; i < lines; i++)
    for (let k = 0; k < depth; k++) result[i * depth + k] = values[i * line + k * step]!;
  return result;
}

/** Each line of the left times each of the right. */
function multiply(
  left: Float64Array,
  right: Float64Array,
  depth: number,
  exact: Float64Array,
  allowed: Float64Array,
): void {
  const columns = right.length / depth;
  const factor = epsilon * Math.max(1, Math.sqrt(depth));
  for (let cell = 0; cell < exact.length; cell++) {
    const i = Math.floor(cell / columns) * depth;
    const j = (cell % columns) * depth;
    let [sum, size] = [0, 0];
    for (let k = 0; k < depth; k++) {
      const term = left[i + k]! * right[j + k]!;
      sum += term;
      size += Math.abs(term);
    }
    exact[cell] = sum;
    allowed[cell] = factor * size + 1e-30;
  }
}

/** Where an entry of a broadcast batch is in the batch of one side. */
function entryOf(entry: number, shape: readonly number[], own: readonly number[]): number {
  let [rest, at, stride] = [entry, 0, 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = own[axis - shape.length + own.length] ?? 1;
    if (size > 1) at += (rest % shape[axis]!) * stride;
    stride *= size;
    rest = Math.floor(rest / shape[axis]!);
  }
  return at;
}
