/** Random matrices, and a product of them by plain loops in float64 with the error that float32 would make. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

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
  let state = seed * 7919 + count;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

/** Multiplies on the active backend and compares cell by cell. */
export function expectProduct({ rows, depth, columns }: Sides, call: ProductCall): void {
  const { transposeA, transposeB, batches: [batchA, batchB] = [[], []] } = call;
  tf.tidy(() => {
    const a = matrixOf([...batchA, ...(transposeA ? [depth, rows] : [rows, depth])], 1);
    const b = matrixOf([...batchB, ...(transposeB ? [columns, depth] : [depth, columns])], 2);
    const product = tf.matMul(a, b, transposeA, transposeB);
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
    expect(product.shape).toEqual([...batch, rows, columns]);
    const [left, right, result] = [a.dataSync(), b.dataSync(), product.dataSync()];
    let worst = 0;
    for (let cell = 0; cell < result.length; cell++) {
      const entry = Math.floor(cell / (rows * columns));
      const [i, j] = [Math.floor(cell / columns) % rows, cell % columns];
      const [fromA, fromB] = [
        entryOf(entry, batch, batchA) * rows * depth,
        entryOf(entry, batch, batchB) * depth * columns,
      ];
      let [exact, size] = [0, 0];
      for (let k = 0; k < depth; k++) {
        const x = left[fromA + (transposeA ? k * rows + i : i * depth + k)]!;
        const term = x * right[fromB + (transposeB ? j * depth + k : k * columns + j)]!;
        exact += term;
        size += Math.abs(term);
      }
      const allowed = epsilon * size * Math.max(1, Math.sqrt(depth)) + 1e-30;
      const error = Math.abs(result[cell]! - exact) / allowed;
      if (!(error <= worst)) worst = error;
    }
    expect(worst, `${rows} × ${depth} × ${columns}, ${JSON.stringify(call)}`).toBeLessThan(2);
  });
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
