/** One launch of the device's matrix product: matrices and batches by their strides, so that nobody transposes or repeats to multiply. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';

/** What may follow a product in the same launch. */
export type ProductActivation = 'relu' | 'relu6' | 'elu' | 'leakyrelu' | 'sigmoid';

/** A batch's axis: its size, and how far apart its entries lie in a and in b; 0 where all share one. */
export interface BatchAxis {
  /** Entries. */
  readonly size: number;
  /** Numbers of a from entry to entry. */
  readonly a: number;
  /** Numbers of b from entry to entry. */
  readonly b: number;
}

/** How far apart the numbers of a matrix lie. */
export interface MatrixStrides {
  /** From row to row. */
  readonly row: number;
  /** From column to column. */
  readonly column: number;
}

/** c `[...batch, rows, columns]` = activation(a `[rows, depth]` · b `[depth, columns]` + bias `[columns]`). */
export interface Product {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly rows: number;
  readonly columns: number;
  /** The side that a and b have in common. */
  readonly depth: number;
  readonly aStrides: MatrixStrides;
  readonly bStrides: MatrixStrides;
  /** Outermost first. */
  readonly batch: readonly BatchAxis[];
  readonly bias?: TensorInfo | undefined;
  readonly activation?: ProductActivation | undefined;
  /** Of leakyrelu. */
  readonly slope?: number | undefined;
  /** The shape of the result. */
  readonly shape: readonly number[];
}

/** Levels of batches that the kernel knows; more are joined, or there are none: TensorFlow.js has six axes. */
const levels = 4;
const activations = ['none', 'relu', 'relu6', 'elu', 'leakyrelu', 'sigmoid'];

/** Runs a product. float32, or int32 on both sides. */
export function product(backend: DeviceBackend, wanted: Product): TensorInfo {
  const { a, b, rows, columns, depth, aStrides, bStrides, bias, activation, slope } = wanted;
  const output = backend.make(wanted.shape, a.dtype);
  const batch = joinAxes(wanted.batch);
  const numbers = [
    ...[rows, columns, depth, aStrides.row, aStrides.column, bStrides.row, bStrides.column],
    ...[activations.indexOf(activation ?? 'none'), slope ?? 0],
    ...batch.map(({ size }) => size),
    ...batch.map((axis) => axis.a),
    ...batch.map((axis) => axis.b),
  ];
  const tensors = [a, b, bias ?? null, output];
  if (a.dtype === 'int32') backend.launch('matmul_int', [...tensors, null], numbers);
  else backend.launchInWorkspace('matmul', tensors, numbers);
  return output;
}

/** Neighbouring axes that are one run of entries in both a and b become one; then there are always as many as the kernel takes. */
function joinAxes(axes: readonly BatchAxis[]): BatchAxis[] {
  const joined: BatchAxis[] = [];
  for (const axis of axes) {
    if (axis.size === 1) continue;
    const outer = joined.at(-1);
    if (outer && outer.a === axis.a * axis.size && outer.b === axis.b * axis.size) {
      joined[joined.length - 1] = { size: outer.size * axis.size, a: axis.a, b: axis.b };
    } else joined.push(axis);
  }
  if (joined.length > levels)
    throw new RangeError(`A product can't have ${joined.length} axes of batches; at most ${levels}.`);
  while (joined.length < levels) joined.unshift({ size: 1, a: 0, b: 0 });
  return joined;
}
