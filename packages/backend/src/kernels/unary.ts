/** Functions of one operand, cell by cell. */
import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type Accepts, asFloat, asIs, asNumber, onlyTruth } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { asStored } from '../storage.ts';
import { wordOf } from './cast.ts';
import { fill } from './fill.ts';

/** The device's kernels of one float operand, by TensorFlow.js's names. */
const ops = {
  Abs: 'absolute',
  Acos: 'arc_cosine',
  Acosh: 'area_cosine',
  Asin: 'arc_sine',
  Asinh: 'area_sine',
  Atan: 'arc_tangent',
  Atanh: 'area_tangent',
  Ceil: 'ceiling',
  Cos: 'cosine',
  Cosh: 'hyperbolic_cosine',
  Elu: 'elu',
  Erf: 'error_function',
  Exp: 'exponential',
  Expm1: 'exponential_minus_one',
  Floor: 'floor',
  Log: 'logarithm',
  Log1p: 'logarithm_one_plus',
  Reciprocal: 'reciprocal',
  Relu: 'relu',
  Relu6: 'relu6',
  Round: 'round',
  Rsqrt: 'reciprocal_root',
  Selu: 'selu',
  Sigmoid: 'logistic',
  Sign: 'sign',
  Sin: 'sine',
  Sinh: 'hyperbolic_sine',
  Softplus: 'soft_plus',
  Sqrt: 'square_root',
  Square: 'square',
  Tan: 'tangent',
  Tanh: 'hyperbolic_tangent',
} as const;

/** The device's kernels of one float operand. */
type UnaryOp = (typeof ops)[keyof typeof ops] | 'clip' | 'leaky_relu' | 'negative' | 'step';

/** Those that the device also has for whole numbers. */
const ofInts: ReadonlySet<UnaryOp> = new Set<UnaryOp>([
  'absolute',
  'clip',
  'negative',
  'relu',
  'relu6',
  'sign',
  'square',
  'step',
]);

/** Those that leave whole numbers as they are. */
const roundings: ReadonlySet<UnaryOp> = new Set<UnaryOp>(['ceiling', 'floor', 'round']);

function launch(
  backend: DeviceBackend,
  name: string,
  x: TensorInfo,
  dtype: DataType,
  alpha = 0,
  beta = 0,
): TensorInfo {
  const output = backend.make(x.shape, dtype);
  const size = util.sizeFromShape(x.shape);
  if (size > 0) backend.launch(name, [x, output], [size, alpha, beta]);
  return output;
}

/** Of a float or a whole number, the kernel of its kind. */
function compute(backend: DeviceBackend, op: UnaryOp, x: TensorInfo, alpha = 0, beta = 0): TensorInfo {
  return launch(backend, `${op}_${wordOf[backend.storageOf(x)]}`, x, x.dtype, alpha, beta);
}

/** A bound as a whole number that the device can hold; what is no number bounds nothing. */
const wholeBound = (bound: number, none: number) =>
  Number.isNaN(bound) ? none : Math.min(2147483647, Math.max(-2147483648, Math.trunc(bound)));

function clip(backend: DeviceBackend, x: TensorInfo, least: number, most: number): TensorInfo {
  if (x.dtype === 'float32') return compute(backend, 'clip', x, least, most);
  // Bounds that all whole numbers are beyond.
  if (most < -2147483648) return fill(backend, x.shape, most, 'int32');
  if (least > 2147483647) return fill(backend, x.shape, least, 'int32');
  return compute(backend, 'clip', x, wholeBound(least, -2147483648), wholeBound(most, 2147483647));
}

type Operand = { x: TensorInfo };

/** The result has the operand's dtype. */
const gives = { gives: 'x' };

function kernelOf([name, op]: [name: string, op: UnaryOp]): BackendKernel {
  if (roundings.has(op))
    return kernel<Operand>(name, { x: asIs }, ({ inputs: { x }, backend }) =>
      x.dtype === 'float32' ? compute(backend, op, x) : backend.share(x),
    );
  return kernel<Operand>(
    name,
    { x: ofInts.has(op) ? asNumber : asFloat },
    ({ inputs: { x }, backend }) => compute(backend, op, x),
    name === 'Exp' ? {} : gives,
  );
}

/** A truth value has no sign. */
const negation = kernel<Operand>('Neg', { x: asIs }, ({ inputs: { x }, backend }) =>
  x.dtype === 'bool' ? backend.share(x) : compute(backend, 'negative', x),
);

/** Asks each cell. */
function question(name: string, op: string, accepts: Accepts): BackendKernel {
  return kernel<Operand>(name, { x: accepts }, ({ inputs, backend }) =>
    launch(backend, op, inputs.x, 'bool'),
  );
}

/** `Abs`, `Exp`, `Sin` and the like; `ClipByValue`, `IsFinite`, `IsInf`, `IsNan`, `LeakyRelu`, `LogicalNot`, `Step`. */
export const unaryKernels: readonly BackendKernel[] = [
  ...Object.entries(ops).map(kernelOf),
  negation,
  kernel<Operand, { clipValueMin: number; clipValueMax: number }>(
    'ClipByValue',
    { x: asNumber },
    ({ inputs: { x }, attributes: { clipValueMin, clipValueMax }, backend }) =>
      clip(backend, x, clipValueMin, clipValueMax),
    gives,
  ),
  kernel<Operand, { alpha: number }>('LeakyRelu', { x: asFloat }, ({ inputs: { x }, attributes, backend }) =>
    compute(backend, 'leaky_relu', x, attributes.alpha),
  ),
  kernel<Operand, { alpha?: number }>(
    'Step',
    { x: asNumber },
    ({ inputs: { x }, attributes: { alpha = 0 }, backend }) =>
      compute(backend, 'step', x, x.dtype === 'float32' ? alpha : asStored(alpha, x.dtype)),
    gives,
  ),
  question('IsFinite', 'is_finite_float', asFloat),
  question('IsInf', 'is_infinite_float', asFloat),
  question('IsNan', 'is_no_number_float', asFloat),
  question('LogicalNot', 'logical_not_byte', onlyTruth),
];
