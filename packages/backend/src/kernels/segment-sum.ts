/** Sums of rows by segment: the gradient of a gather. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { withCasts } from './cast.ts';
import { refuseComplex } from './complex.ts';

/** `[rows…, width…]` and `[rows…]` → `[segments, width…]`; rows whose segment there is not are left out. */
function segmentSum(
  backend: DeviceBackend,
  x: TensorInfo,
  segmentIds: TensorInfo,
  segments: number,
): TensorInfo {
  refuseComplex('UnsortedSegmentSum', x);
  const rows = util.sizeFromShape(segmentIds.shape);
  const rest = x.shape.slice(segmentIds.shape.length);
  const word = x.dtype === 'float32' ? 'float' : 'int';
  return withCasts(backend, [x], word === 'float' ? 'float32' : 'int32', (numbers = x) => {
    const output = backend.make([segments, ...rest], numbers.dtype);
    const width = util.sizeFromShape(rest);
    if (segments * width > 0)
      backend.launch(`segment_sum_${word}`, [numbers, segmentIds, output], [rows, segments, width]);
    return output;
  });
}

/** `UnsortedSegmentSum`. */
export const segmentSumKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>(
    'UnsortedSegmentSum',
    ({ inputs: { x, segmentIds }, attributes: { numSegments }, backend }) =>
      segmentSum(backend, x, segmentIds, numSegments),
  ),
];
