/**
 * Sums and means of rows by sorted segments. The host reads the segments, since the result has as many rows as the last of them says, and
 * errors depend on them.
 */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asNumber, onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { wordOf } from './cast.ts';
import { expectRank } from './expect-shape.ts';

interface Segmented {
  readonly data: TensorInfo;
  /** Rows of the data. */
  readonly indices: TensorInfo;
  /** The segment of each index, ascending. */
  readonly segmentIds: TensorInfo;
}

/** How many segments there are, after all of them are found to be in order. */
function countSegments(ids: Int32Array): number {
  const segments = (ids.at(-1) ?? -1) + 1;
  if (ids.length > 0 && segments <= 0)
    throw new Error(backend_util.getSparseSegmentReductionNegativeSegmentIdsErrorMessage());
  for (const [place, id] of ids.entries()) {
    if (id > (ids[place + 1] ?? id))
      throw new Error(backend_util.getSparseSegmentReductionNonIncreasingSegmentIdsErrorMessage());
    if (id < 0 || id >= segments)
      throw new Error(backend_util.getSparseSegmentReductionSegmentIdOutOfRangeErrorMessage(id, segments));
  }
  return segments;
}

function reduce(
  backend: DeviceBackend,
  op: string,
  { data, indices, segmentIds }: Segmented,
  isMean: boolean,
): TensorInfo {
  if (data.shape.length === 0)
    throw new RangeError(`${op}: data should be at least 1 dimensional; got a scalar.`);
  expectRank(op, 'indices', indices, 1);
  expectRank(op, 'segmentIds', segmentIds, 1);
  const [rows = 0, ...rest] = data.shape;
  const [count = 0] = indices.shape;
  if (segmentIds.shape[0] !== count)
    throw new RangeError(
      `${op}: there must be as many segmentIds as indices, ${count}; got ${segmentIds.shape[0]}.`,
    );
  const segments = countSegments(backend.valuesOf(segmentIds) as Int32Array);
  const output = backend.make([segments, ...rest], data.dtype);
  const width = util.sizeFromShape(rest);
  if (count === 0) return output;
  const answer = backend.launch(
    `sparse_segment_${wordOf[backend.storageOf(data)]}`,
    [data, indices, segmentIds, output],
    [rows, segments, width, count, Number(isMean)],
  );
  if (answer === 0) return output;
  const index = Number(backend.valuesOf(indices)[answer - 1]);
  throw new RangeError(
    backend_util.getSparseSegmentReductionIndicesOutOfRangeErrorMessage(answer - 1, index, rows),
  );
}

const takes = { data: asNumber, indices: onlyInt, segmentIds: onlyInt };
const gives = { gives: 'data' };

/** `SparseSegmentSum`, `SparseSegmentMean`. */
export const sparseSegmentKernels: readonly BackendKernel[] = [
  kernel<Segmented>(
    'SparseSegmentSum',
    takes,
    ({ inputs, backend }) => reduce(backend, 'SparseSegmentSum', inputs, false),
    gives,
  ),
  kernel<Segmented>(
    'SparseSegmentMean',
    takes,
    ({ inputs, backend }) => reduce(backend, 'SparseSegmentMean', inputs, true),
    gives,
  ),
];
