/** Slices of a tensor by index. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { anyCells, onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { bytesOf } from '../storage.ts';
import { byParts } from './complex.ts';
import { expectWhole } from './expect-shape.ts';
import { placeError } from './place-error.ts';

/** The slices of x at indices along one axis; the first `batchDims` axes go together with those of the indices. */
export function gather(
  backend: DeviceBackend,
  x: TensorInfo,
  indices: TensorInfo,
  axis: number,
  batchDims: number,
): TensorInfo {
  expectWhole('GatherV2', 'batchDims', batchDims, -(2 ** 31));
  const place = util.parseAxisParam(axis, x.shape)[0] ?? 0;
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
    backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, place, batchDims);
  const count = util.sizeFromShape(indices.shape) / Math.max(1, batchSize);
  const output = backend.make(outputShape, x.dtype);
  const bytes = sliceSize * bytesOf[backend.storageOf(x)];
  // Where nothing is moved, indices are looked at all the same.
  const outer = util.sizeFromShape(outputShape) === 0 ? 0 : outerSize;
  const answer = backend.launch('gather', [x, indices, output], [batchSize, outer, dimSize, count, bytes]);
  if (answer === 0) return output;
  const index = backend.valuesOf(indices)[answer - 1];
  throw new RangeError(
    `GatherV2: the index value ${index} is not in [0, ${dimSize - 1}], the indices of axis ${place} of a tensor of shape [${x.shape}].`,
  );
}

function gatherNd(backend: DeviceBackend, x: TensorInfo, indices: TensorInfo): TensorInfo {
  const [shape, count, sliceSize] = backend_util.prepareAndValidate(x, indices);
  const output = backend.make(shape, x.dtype);
  if (util.sizeFromShape(shape) === 0) return output;
  const rank = indices.shape.at(-1) ?? 0;
  const bytes = sliceSize * bytesOf[backend.storageOf(x)];
  const numbers = [count, bytes, rank, ...x.shape.slice(0, rank)];
  const answer = backend.launch('gather_nd', [x, indices, output], numbers);
  if (answer === 0) return output;
  throw placeError(backend, 'GatherNd', { answer, indices, rank, shape: x.shape });
}

/** `GatherV2`, `GatherNd`. */
export const gatherKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims?: number }>(
    'GatherV2',
    { x: anyCells, indices: onlyInt },
    ({ inputs: { x, indices }, attributes: { axis, batchDims = 0 }, backend }) =>
      byParts(backend, x, (part) => gather(backend, part, indices, axis, batchDims)),
  ),
  kernel<{ params: TensorInfo; indices: TensorInfo }>(
    'GatherNd',
    { params: anyCells, indices: onlyInt },
    ({ inputs: { params, indices }, backend }) =>
      byParts(backend, params, (part) => gatherNd(backend, part, indices)),
  ),
];
