/** The matrix products of TensorFlow.js. */
import { broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asIs, asNumber, optional } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { runDeclared } from '../run-kernel.ts';
import { binaryKernels } from './binary.ts';
import { type BatchAxis, type MatrixStrides, type ProductActivation, product } from './product.ts';
import { unaryKernels } from './unary.ts';

/** How `matMul` multiplies; everything may be left out. */
export interface MatMulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** One number a column. */
  readonly bias?: TensorInfo | undefined;
  readonly activation?: ProductActivation | undefined;
  /** Of leakyrelu. */
  readonly slope?: number | undefined;
}

/** A matrix of a batch, as it is meant: after its transposition. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly strides: MatrixStrides;
  readonly batch: readonly number[];
}

/** a `[..., m, k]` · b `[..., k, n]`, where batches broadcast. float32 or int32 on both sides. */
export function matMul(
  backend: DeviceBackend,
  a: TensorInfo,
  b: TensorInfo,
  options: MatMulOptions = {},
): TensorInfo {
  const { transposeA = false, transposeB = false, bias, activation, slope } = options;
  const [left, right] = [matrixOf(a, transposeA), matrixOf(b, transposeB)];
  requireInner(a, b, transposeA, transposeB, left.columns, right.rows);
  const batchShape = broadcast_util.assertAndGetBroadcastShape([...left.batch], [...right.batch]);
  const shape = [...batchShape, left.rows, right.columns];
  const shared = { a, b, depth: left.columns, columns: right.columns, bias, activation, slope, shape };
  const batch = batchAxes(batchShape, left, right);
  // One matrix for the whole batch on the right: all rows on the left are one matrix.
  const oneRight =
    !transposeA && batch.every((axis) => axis.b === 0) && util.sizeFromShape([...left.batch]) > 1;
  const rows = oneRight ? left.rows * util.sizeFromShape(batchShape) : left.rows;
  return product(backend, {
    ...shared,
    rows,
    aStrides: left.strides,
    bStrides: right.strides,
    batch: oneRight ? [] : batch,
  });
}

function matrixOf({ shape }: TensorInfo, transposed: boolean): Matrix {
  if (shape.length < 2)
    throw new RangeError(`matMul: both sides must be matrices or batches of them; got the shape [${shape}].`);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const batch = shape.slice(0, -2);
  return transposed
    ? { rows: columns, columns: rows, strides: { row: 1, column: columns }, batch }
    : { rows, columns, strides: { row: columns, column: 1 }, batch };
}

function requireInner(
  a: TensorInfo,
  b: TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
  innerA: number,
  innerB: number,
): void {
  if (innerA === innerB) return;
  throw new RangeError(
    `Error in matMul: inner shapes (${innerA}) and (${innerB}) of Tensors with shapes ${a.shape} and ${b.shape} and ` +
      `transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
}

/** The axes of a batch of broadcast matrices. */
function batchAxes(shape: readonly number[], left: Matrix, right: Matrix): BatchAxis[] {
  const [a, b] = [batchStrides(left, shape.length), batchStrides(right, shape.length)];
  return shape.map((size, axis) => ({ size, a: a[axis] ?? 0, b: b[axis] ?? 0 }));
}

function batchStrides({ rows, columns, batch }: Matrix, rank: number): number[] {
  const strides: number[] = new Array<number>(rank).fill(0);
  let stride = rows * columns;
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    const size = batch[axis] ?? 1;
    if (size > 1) strides[rank - batch.length + axis] = stride;
    stride *= size;
  }
  return strides;
}

/** What `_FusedMatMul` gets from TensorFlow.js. */
interface FusedInputs {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
}

interface FusedAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation?: ProductActivation | 'linear' | 'prelu';
  readonly leakyreluAlpha?: number;
}

/** One launch where the bias is one number a column, and a few more for other biases, prelu, and whole numbers. */
function fusedMatMul(
  backend: DeviceBackend,
  { a, b, bias, preluActivationWeights }: FusedInputs,
  { transposeA, transposeB, activation = 'linear', leakyreluAlpha = 0 }: FusedAttributes,
): TensorInfo {
  const run = (name: string, inputs: Record<string, TensorInfo>, attributes: object) =>
    runDeclared(kernelNamed(name), inputs, attributes, backend) as TensorInfo;
  const columns = b.shape.at(transposeB ? -2 : -1) ?? 1;
  const areFloats = a.dtype === 'float32' && b.dtype === 'float32';
  const inside = areFloats && (!bias || isRow(bias, columns));
  const known = inside && activation !== 'linear' && activation !== 'prelu' ? activation : undefined;
  let result = inside
    ? matMul(backend, a, b, { transposeA, transposeB, bias, activation: known, slope: leakyreluAlpha })
    : run('BatchMatMul', { a, b }, { transposeA, transposeB });
  const then = (name: string, inputs: Record<string, TensorInfo>) => {
    const next = run(name, inputs, { alpha: leakyreluAlpha });
    backend.release(result);
    result = next;
  };
  if (bias && !inside) then('Add', { a: result, b: bias });
  if (activation === 'prelu') then('Prelu', { x: result, alpha: requirePrelu(preluActivationWeights) });
  else if (activation !== 'linear' && !known) then(activationNames[activation], { x: result });
  return result;
}

/** Activations as kernels. */
const activationNames: Readonly<Record<ProductActivation, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  leakyrelu: 'LeakyRelu',
  sigmoid: 'Sigmoid',
};

const kernelNamed = (name: string) =>
  [batchMatMul, ...unaryKernels, ...binaryKernels].find(({ kernelName }) => kernelName === name)!;

/** One number a column, the same for all rows and matrices. */
function isRow({ shape, dtype }: TensorInfo, columns: number): boolean {
  return dtype === 'float32' && shape.at(-1) === columns && util.sizeFromShape(shape) === columns;
}

function requirePrelu(weights: TensorInfo | undefined): TensorInfo {
  if (weights) return weights;
  throw new TypeError("fused matMul: the activation 'prelu' needs preluActivationWeights; there are none.");
}

const batchMatMul = kernel<{ a: TensorInfo; b: TensorInfo }, { transposeA: boolean; transposeB: boolean }>(
  'BatchMatMul',
  { a: asNumber, b: asNumber },
  ({ inputs: { a, b }, attributes, backend }) => matMul(backend, a, b, attributes),
  { alike: { inputs: ['a', 'b'], to: 'widest' }, gives: 'a' },
);

/** `BatchMatMul` and `_FusedMatMul`. */
export const matMulKernels: readonly BackendKernel[] = [
  batchMatMul,
  kernel<FusedInputs, FusedAttributes>(
    '_FusedMatMul',
    { a: asIs, b: asIs, bias: optional(asIs), preluActivationWeights: optional(asIs) },
    ({ inputs, attributes, backend }) => fusedMatMul(backend, inputs, attributes),
  ),
];
