/** Arithmetic of two operands, with broadcasting. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type Accepts, asFloat, asNumber, onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { launchBroadcast } from './broadcast.ts';
import { wordOf } from './cast.ts';
import { partsWithShape } from './complex.ts';
import { expectShape } from './expect-shape.ts';

/** The device's kernels of two float operands; those of whole numbers are in `ofInts`. */
type BinaryOp =
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

/** Computes cell by cell. Both operands are float32, or both int32, or, of sums and products, both complex64. */
function binary(backend: DeviceBackend, op: BinaryOp, a: TensorInfo, b: TensorInfo): TensorInfo {
  if (a.dtype === 'complex64') return ofComplex(backend, op, a, b);
  const dtype = op === 'floor_divide' ? 'int32' : a.dtype;
  return launchBroadcast(backend, `${op}_${wordOf[backend.storageOf(a)]}`, a, b, dtype);
}

function ofComplex(backend: DeviceBackend, op: BinaryOp, a: TensorInfo, b: TensorInfo): TensorInfo {
  const [real, imag] = partsWithShape(backend, a);
  const [otherReal, otherImag] = partsWithShape(backend, b);
  const compute = (x: TensorInfo, y: TensorInfo) => binary(backend, op, x, y);
  if (op !== 'multiply') return backend.makeComplex(compute(real, otherReal), compute(imag, otherImag));
  return backend.makeComplex(
    combined(backend, 'subtract', compute(real, otherReal), compute(imag, otherImag)),
    combined(backend, 'add', compute(real, otherImag), compute(imag, otherReal)),
  );
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
    expectShape('AddN', 'each tensor', tensor, first.shape, 'that of the first');
    const next = binary(backend, 'add', sum, tensor);
    backend.release(sum);
    sum = next;
  }
  return sum;
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

/** Those that complex numbers have, too. */
const ofComplexes: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['add', 'subtract', 'multiply']);

function acceptedBy(op: BinaryOp): Accepts {
  if (!ofInts.has(op)) return asFloat;
  return ofComplexes.has(op) ? asNumberOrComplex : asNumber;
}

const asNumberOrComplex: Accepts = { ...asNumber, complex64: 'complex64' };
const widest = { inputs: ['a', 'b'], to: 'widest' } as const;

type Operands = { a: TensorInfo; b: TensorInfo };

/** `Add`, `Sub`, `Multiply` and the like; `AddN`, `BitwiseAnd`, `EluGrad`, `Prelu`. */
export const binaryKernels: readonly BackendKernel[] = [
  ...Object.entries(ops).map(([name, op]) =>
    kernel<Operands>(
      name,
      { a: acceptedBy(op), b: acceptedBy(op) },
      ({ inputs: { a, b }, backend }) => binary(backend, op, a, b),
      op === 'floor_divide' ? { alike: widest } : { alike: widest, gives: 'a' },
    ),
  ),
  kernel<TensorInfo[]>('AddN', { each: asNumberOrComplex }, ({ inputs, backend }) => sumOf(backend, inputs), {
    alike: { inputs: 'all', to: 'same' },
    gives: '0',
  }),
  kernel<Operands>('BitwiseAnd', { a: onlyInt, b: onlyInt }, ({ inputs: { a, b }, backend }) =>
    launchBroadcast(backend, 'bitwise_and_int', a, b, 'int32'),
  ),
  kernel<{ dy: TensorInfo; y: TensorInfo }>(
    'EluGrad',
    { dy: asFloat, y: asFloat },
    ({ inputs: { dy, y }, backend }) => {
      expectShape('EluGrad', 'dy', dy, y.shape, 'that of y');
      return binary(backend, 'elu_gradient', dy, y);
    },
  ),
  kernel<{ x: TensorInfo; alpha: TensorInfo }>(
    'Prelu',
    { x: asFloat, alpha: asFloat },
    ({ inputs: { x, alpha }, backend }) => binary(backend, 'prelu', x, alpha),
  ),
];
