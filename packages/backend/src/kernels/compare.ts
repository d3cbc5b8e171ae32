/** Comparisons of two operands, with broadcasting, and the logic of truth values. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asIs, onlyTruth } from '../dtypes.ts';
import { type BackendKernel, type KernelTraits, kernel } from '../kernel.ts';
import { launchBroadcast } from './broadcast.ts';
import { wordOf } from './cast.ts';

/** The device's comparisons. */
type Comparison = 'equal' | 'not_equal' | 'less' | 'less_equal';

/** Compares cell by cell; what is no number equals nothing. */
function compare(backend: DeviceBackend, op: Comparison, a: TensorInfo, b: TensorInfo): TensorInfo {
  return launchBroadcast(backend, `${op}_${wordOf[backend.storageOf(a)]}`, a, b, 'bool');
}

function logic(backend: DeviceBackend, op: 'and' | 'or' | 'xor', a: TensorInfo, b: TensorInfo): TensorInfo {
  return launchBroadcast(backend, `logical_${op}_byte`, a, b, 'bool');
}

type Operands = { a: TensorInfo; b: TensorInfo };
const alike: KernelTraits = { alike: { inputs: ['a', 'b'], to: 'widest' } };

type Compute = (backend: DeviceBackend, a: TensorInfo, b: TensorInfo) => TensorInfo;

const comparisons: Readonly<Record<string, Compute>> = {
  Equal: (backend, a, b) => compare(backend, 'equal', a, b),
  Greater: (backend, a, b) => compare(backend, 'less', b, a),
  GreaterEqual: (backend, a, b) => compare(backend, 'less_equal', b, a),
  Less: (backend, a, b) => compare(backend, 'less', a, b),
  LessEqual: (backend, a, b) => compare(backend, 'less_equal', a, b),
  NotEqual: (backend, a, b) => compare(backend, 'not_equal', a, b),
};

const logics: Readonly<Record<string, Compute>> = {
  LogicalAnd: (backend, a, b) => logic(backend, 'and', a, b),
  LogicalOr: (backend, a, b) => logic(backend, 'or', a, b),
  LogicalXor: (backend, a, b) => logic(backend, 'xor', a, b),
};

/** `Equal`, `Less` and the like; `LogicalAnd`, `LogicalOr`, `LogicalXor`. */
export const compareKernels: readonly BackendKernel[] = [
  ...Object.entries(comparisons).map(([name, compute]) =>
    kernel<Operands>(
      name,
      { a: asIs, b: asIs },
      ({ inputs: { a, b }, backend }) => compute(backend, a, b),
      alike,
    ),
  ),
  ...Object.entries(logics).map(([name, compute]) =>
    kernel<Operands>(name, { a: onlyTruth, b: onlyTruth }, ({ inputs: { a, b }, backend }) =>
      compute(backend, a, b),
    ),
  ),
];
