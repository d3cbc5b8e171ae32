/** Comparisons of two operands, with broadcasting, and the logic of truth values. */
import { type TensorInfo, upcastType } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { storageOf } from '../storage.ts';
import { launchBroadcast } from './broadcast.ts';
import { withCasts, wordOf } from './cast.ts';
import { refuseComplex } from './complex.ts';

/** The device's comparisons. */
type Comparison = 'equal' | 'not_equal' | 'less' | 'less_equal';

/** Compares cell by cell; what is no number equals nothing. */
function compare(backend: DeviceBackend, op: Comparison, a: TensorInfo, b: TensorInfo): TensorInfo {
  refuseComplex(op, a, b);
  const dtype = a.dtype === b.dtype ? a.dtype : upcastType(a.dtype, b.dtype);
  return withCasts(backend, [a, b], dtype, (left = a, right = b) =>
    launchBroadcast(backend, `${op}_${wordOf[storageOf(dtype)]}`, left, right, 'bool'),
  );
}

function logic(backend: DeviceBackend, op: 'and' | 'or' | 'xor', a: TensorInfo, b: TensorInfo): TensorInfo {
  return withCasts(backend, [a, b], 'bool', (left = a, right = b) =>
    launchBroadcast(backend, `logical_${op}_byte`, left, right, 'bool'),
  );
}

type Operands = { a: TensorInfo; b: TensorInfo };
type Compute = (backend: DeviceBackend, a: TensorInfo, b: TensorInfo) => TensorInfo;

const ops: Readonly<Record<string, Compute>> = {
  Equal: (backend, a, b) => compare(backend, 'equal', a, b),
  Greater: (backend, a, b) => compare(backend, 'less', b, a),
  GreaterEqual: (backend, a, b) => compare(backend, 'less_equal', b, a),
  Less: (backend, a, b) => compare(backend, 'less', a, b),
  LessEqual: (backend, a, b) => compare(backend, 'less_equal', a, b),
  NotEqual: (backend, a, b) => compare(backend, 'not_equal', a, b),
  LogicalAnd: (backend, a, b) => logic(backend, 'and', a, b),
  LogicalOr: (backend, a, b) => logic(backend, 'or', a, b),
  LogicalXor: (backend, a, b) => logic(backend, 'xor', a, b),
};

/** `Equal`, `Less` and the like; `LogicalAnd`, `LogicalOr`, `LogicalXor`. */
export const compareKernels: readonly BackendKernel[] = Object.entries(ops).map(([name, compute]) =>
  kernel<Operands>(name, ({ inputs: { a, b }, backend }) => compute(backend, a, b)),
);
