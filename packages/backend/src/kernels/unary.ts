/** Functions of one operand, cell by cell. */
import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { cast, withCasts } from './cast.ts';
import { refuseComplex } from './complex.ts';

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
  Neg: 'negative',
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
export type UnaryOp = (typeof ops)[keyof typeof ops] | 'clip' | 'leaky_relu' | 'step';

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

/** Computes cell by cell; the result has the operand's dtype. Some ops take one or two numbers more. */
export function unary(backend: DeviceBackend, op: UnaryOp, x: TensorInfo, alpha = 0, beta = 0): TensorInfo {
  refuseComplex(op, x);
  if (x.dtype === 'float32') return launch(backend, `${op}_float`, x, 'float32', alpha, beta);
  if (roundings.has(op)) return backend.share(x);
  if (x.dtype === 'int32' && ofInts.has(op)) return launch(backend, `${op}_int`, x, 'int32', alpha, beta);
  return withCasts(backend, [x], ofInts.has(op) ? 'int32' : 'float32', (wider = x) => {
    const result = unary(backend, op, wider, alpha, beta);
    const narrow = cast(backend, result, x.dtype);
    backend.release(result);
    return narrow;
  });
}

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

/** Asks each cell, in the dtype that the question is about. */
function ask(backend: DeviceBackend, name: string, x: TensorInfo, dtype: DataType): TensorInfo {
  refuseComplex(name, x);
  return withCasts(backend, [x], dtype, (cells = x) => launch(backend, name, cells, 'bool'));
}

/** A bound as a whole number that the device can hold. */
const wholeBound = (bound: number) => Math.min(2147483647, Math.max(-2147483648, bound));

type Operand = { x: TensorInfo };

/** `Abs`, `Exp`, `Sin` and the like; `ClipByValue`, `IsFinite`, `IsInf`, `IsNan`, `LeakyRelu`, `LogicalNot`, `Step`. */
export const unaryKernels: readonly BackendKernel[] = [
  ...Object.entries(ops).map(([name, op]) =>
    kernel<Operand>(name, ({ inputs: { x }, backend }) =>
      name === 'Exp'
        ? withCasts(backend, [x], 'float32', (cells = x) => unary(backend, op, cells))
        : unary(backend, op, x),
    ),
  ),
  kernel<Operand, { clipValueMin: number; clipValueMax: number }>(
    'ClipByValue',
    ({ inputs: { x }, attributes: { clipValueMin, clipValueMax }, backend }) =>
      x.dtype === 'float32'
        ? unary(backend, 'clip', x, clipValueMin, clipValueMax)
        : unary(backend, 'clip', x, wholeBound(clipValueMin), wholeBound(clipValueMax)),
  ),
  kernel<Operand, { alpha: number }>('LeakyRelu', ({ inputs: { x }, attributes, backend }) =>
    withCasts(backend, [x], 'float32', (cells = x) => unary(backend, 'leaky_relu', cells, attributes.alpha)),
  ),
  kernel<Operand, { alpha?: number }>('Step', ({ inputs, attributes, backend }) =>
    unary(backend, 'step', inputs.x, attributes.alpha),
  ),
  kernel<Operand>('IsFinite', ({ inputs, backend }) => ask(backend, 'is_finite_float', inputs.x, 'float32')),
  kernel<Operand>('IsInf', ({ inputs, backend }) => ask(backend, 'is_infinite_float', inputs.x, 'float32')),
  kernel<Operand>('IsNan', ({ inputs, backend }) => ask(backend, 'is_no_number_float', inputs.x, 'float32')),
  kernel<Operand>('LogicalNot', ({ inputs, backend }) => ask(backend, 'logical_not_byte', inputs.x, 'bool')),
];
