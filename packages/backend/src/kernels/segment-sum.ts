/** Sums of rows by segment: the gradient of a gather. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asNumber, onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { wordOf } from './cast.ts';
import { expectShape } from './expect-shape.ts';

/** `[rows…, width…]` and `[rows…]` → `[segments, width…]`; rows whose segment there is not are left out. */
function segmentSum(
  backend: DeviceBackend,
  x: TensorInfo,
  segmentIds: TensorInfo,
  segments: number,
): TensorInfo {
  const rank = segmentIds.shape.length;
  expectShape('UnsortedSegmentSum', 'segmentIds', segmentIds, x.shape.slice(0, rank), 'the first axes of x');
  const rows = util.sizeFromShape(segmentIds.shape);
  const rest = x.shape.slice(rank);
  const output = backend.make([segments, ...rest], x.dtype);
  const width = util.sizeFromShape(rest);
  if (segments * width > 0)
    backend.launch(
      `segment_sum_${wordOf[backend.storageOf(x)]}`,
      [x, segmentIds, output],
      [rows, segments, width],
    );
  return output;
}

/** `UnsortedSegmentSum`. */
export const segmentSumKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>(
    'UnsortedSegmentSum',
    { x: asNumber, segmentIds: onlyInt },
    ({ inputs: { x, segmentIds }, attributes: { numSegments }, backend }) =>
      segmentSum(backend, x, segmentIds, numSegments),
  ),
];
