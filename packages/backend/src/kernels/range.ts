/** Numbers at equal distances. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { asStored } from '../storage.ts';

type RangeType = 'float32' | 'int32';

/** So many numbers from `start` on, `step` apart. */
function numbers(
  backend: DeviceBackend,
  count: number,
  start: number,
  step: number,
  dtype: RangeType,
): TensorInfo {
  if (dtype !== 'float32' && dtype !== 'int32')
    throw new TypeError(`Range: dtype must be float32 or int32, but is ${dtype}.`);
  const output = backend.make([count], dtype);
  if (count > 0)
    backend.launch(
      dtype === 'int32' ? 'range_int' : 'range_float',
      [output],
      [count, asStored(start, dtype), step],
    );
  return output;
}

/** How many numbers TensorFlow.js's range has. */
function rangeCount(start: number, stop: number, step: number): number {
  const isEmpty = start === stop || (start < stop && step < 0) || (stop < start && step > 1);
  return isEmpty ? 0 : Math.abs(Math.ceil((stop - start) / step));
}

/** `Range`, `LinSpace`. */
export const rangeKernels: readonly BackendKernel[] = [
  kernel<object, { start: number; stop: number; step: number; dtype: RangeType }>(
    'Range',
    {},
    ({ attributes: { start, stop, step, dtype }, backend }) => {
      // A range that goes down may leave out its step.
      const ownStep = stop < start && step === 1 ? -1 : step;
      return numbers(backend, rangeCount(start, stop, step), start, ownStep, dtype);
    },
  ),
  kernel<object, { start: number; stop: number; num: number }>(
    'LinSpace',
    {},
    ({ attributes: { start, stop, num }, backend }) =>
      numbers(backend, num, start, (stop - start) / (num - 1), 'float32'),
  ),
];
