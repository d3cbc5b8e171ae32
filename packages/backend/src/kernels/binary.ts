/** Arithmetic of two operands, with broadcasting. */
import { type DataType, type TensorInfo, upcastType } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { launchBroadcast } from './broadcast.ts';
import { cast, withCasts } from './cast.ts';
import { partsWithShape, refuseComplex } from './complex.ts';

/** The device's kernels of two float operands; those of whole numbers are in `ofInts`. */
export type BinaryOp =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'floor_divide'
  | 'maximum'
  | 'minimum'
  | 'squared_difference'
  | 'modulo'
  | 'power'
  | 'arc_tangent2'
  | 'prelu'
  | 'elu_gradient';

const ofInts: ReadonlySet<BinaryOp> = new Set<BinaryOp>([
  'add',
  'subtract',
  'multiply',
  'divide',
  'floor_divide',
  'maximum',
  'minimum',
  'squared_difference',
  'modulo',
  'power',
]);

/** Computes cell by cell, in the wider of the two dtypes. */
export function binary(backend: DeviceBackend, op: BinaryOp, a: TensorInfo, b: TensorInfo): TensorInfo {
  const dtype = a.dtype === b.dtype ? a.dtype : upcastType(a.dtype, b.dtype);
  if (dtype === 'float32' && a.dtype === b.dtype) return ofFloats(backend, op, a, b);
  if (dtype === 'complex64') return ofComplex(backend, op, a, b);
  const result: DataType = op === 'floor_divide' ? 'int32' : dtype;
  const computed: DataType = dtype === 'float32' || !ofInts.has(op) ? 'float32' : 'int32';
  const output = withCasts(backend, [a, b], computed, (left = a, right = b) =>
    computed === 'float32'
      ? ofFloats(backend, op, left, right)
      : launchBroadcast(backend, `${op}_int`, left, right, 'int32'),
  );
  return converted(backend, output, result);
}

function ofFloats(backend: DeviceBackend, op: BinaryOp, a: TensorInfo, b: TensorInfo): TensorInfo {
  return launchBroadcast(backend, `${op}_float`, a, b, op === 'floor_divide' ? 'int32' : 'float32');
}

/** The tensor in another dtype, in the place of itself. */
function converted(backend: DeviceBackend, x: TensorInfo, dtype: DataType): TensorInfo {
  if (x.dtype === dtype) return x;
  const result = cast(backend, x, dtype);
  backend.release(x);
  return result;
}

function ofComplex(backend: DeviceBackend, op: BinaryOp, a: TensorInfo, b: TensorInfo): TensorInfo {
  if (op !== 'add' && op !== 'subtract' && op !== 'multiply') refuseComplex(op, a, b);
  return withCasts(backend, [a, b], 'complex64', (left = a, right = b) => {
    const [real, imag] = partsWithShape(backend, left);
    const [otherReal, otherImag] = partsWithShape(backend, right);
    const compute = (x: TensorInfo, y: TensorInfo) => ofFloats(backend, op, x, y);
    if (op !== 'multiply') return backend.makeComplex(compute(real, otherReal), compute(imag, otherImag));
    return backend.makeComplex(
      combined(backend, 'subtract', compute(real, otherReal), compute(imag, otherImag)),
      combined(backend, 'add', compute(real, otherImag), compute(imag, otherReal)),
    );
  });
}

/** Computes with two tensors that nobody else needs. */
function combined(backend: DeviceBackend, op: BinaryOp, a: TensorInfo, b: TensorInfo): TensorInfo {
  const result = binary(backend, op, a, b);
  backend.release(a, b);
  return result;
}

function sumOf(backend: DeviceBackend, tensors: readonly TensorInfo[]): TensorInfo {
  const [first, ...others] = tensors;
  if (!first) throw new RangeError('AddN: expected at least one tensor; got none.');
  let sum = backend.share(first);
  for (const tensor of others) {
    const next = binary(backend, 'add', sum, tensor);
    backend.release(sum);
    sum = next;
  }
  return sum;
}

function bitwiseAnd(backend: DeviceBackend, a: TensorInfo, b: TensorInfo): TensorInfo {
  return withCasts(backend, [a, b], 'int32', (left = a, right = b) =>
    launchBroadcast(backend, 'bitwise_and_int', left, right, 'int32'),
  );
}

/** TensorFlow.js's names of what takes `a` and `b`. */
const ops: Readonly<Record<string, BinaryOp>> = {
  Add: 'add',
  Atan2: 'arc_tangent2',
  FloorDiv: 'floor_divide',
  Maximum: 'maximum',
  Minimum: 'minimum',
  Mod: 'modulo',
  Multiply: 'multiply',
  Pow: 'power',
  RealDiv: 'divide',
  SquaredDifference: 'squared_difference',
  Sub: 'subtract',
};

/** `Add`, `Sub`, `Multiply` and the like; `AddN`, `BitwiseAnd`, `EluGrad`, `Prelu`. */
export const binaryKernels: readonly BackendKernel[] = [
  ...Object.entries(ops).map(([name, op]) =>
    kernel<{ a: TensorInfo; b: TensorInfo }>(name, ({ inputs: { a, b }, backend }) =>
      binary(backend, op, a, b),
    ),
  ),
  kernel<TensorInfo[]>('AddN', ({ inputs, backend }) => sumOf(backend, inputs)),
  kernel<{ a: TensorInfo; b: TensorInfo }>('BitwiseAnd', ({ inputs: { a, b }, backend }) =>
    bitwiseAnd(backend, a, b),
  ),
  kernel<{ dy: TensorInfo; y: TensorInfo }>('EluGrad', ({ inputs: { dy, y }, backend }) =>
    withCasts(backend, [dy, y], 'float32', (gradient = dy, result = y) =>
      binary(backend, 'elu_gradient', gradient, result),
    ),
  ),
  kernel<{ x: TensorInfo; alpha: TensorInfo }>('Prelu', ({ inputs: { x, alpha }, backend }) =>
    withCasts(backend, [x, alpha], 'float32', (cells = x, slope = alpha) =>
      binary(backend, 'prelu', cells, slope),
    ),
  ),
];
