/**
 * Gives each empty row of a sparse tensor one default value. The host reads the indices, since the result's shape depends on them; the values
 * stay on the device.
 */
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { asIs, onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { expectRank } from './expect-shape.ts';
import { scatter } from './scatter.ts';

interface Filled {
  readonly indices: Int32Array;
  /** How many rows of indices these are. */
  readonly count: number;
  readonly isEmpty: Uint8Array;
  /** Where each of the old values stands now. */
  readonly newPlaces: Int32Array;
}

/** Values in each row. */
function rowCounts(indices: Int32Array, count: number, rank: number, rows: number): Int32Array {
  if (rows === 0 && count > 0)
    throw new Error(backend_util.getSparseFillEmptyRowsIndicesDenseShapeMismatch(count));
  const counts = new Int32Array(rows);
  for (let place = 0; place < count; place++) {
    const row = indices[place * rank] ?? 0;
    if (row < 0) throw new Error(backend_util.getSparseFillEmptyRowsNegativeIndexErrorMessage(place, row));
    if (row >= rows)
      throw new Error(backend_util.getSparseFillEmptyRowsOutOfRangeIndexErrorMessage(place, row, rows));
    counts[row]!++;
  }
  return counts;
}

function fillRows(indices: Int32Array, oldCount: number, rank: number, rows: number): Filled {
  const counts = rowCounts(indices, oldCount, rank, rows);
  const next = new Int32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    next[row] = count;
    count += Math.max(1, counts[row] ?? 0);
  }
  const filled = new Int32Array(count * rank);
  for (let row = 0; row < rows; row++) filled[(next[row] ?? 0) * rank] = row;
  const newPlaces = new Int32Array(oldCount);
  for (let place = 0; place < oldCount; place++) {
    const newPlace = next[indices[place * rank] ?? 0]!++;
    newPlaces[place] = newPlace;
    filled.set(indices.subarray(place * rank, (place + 1) * rank), newPlace * rank);
  }
  return { indices: filled, count, isEmpty: Uint8Array.from(counts, (n) => Number(n === 0)), newPlaces };
}

/** `SparseFillEmptyRows`: new indices and values, which rows were empty, and where the old values are now. */
export const sparseRowsKernels: readonly BackendKernel[] = [
  kernel<{ indices: TensorInfo; values: TensorInfo; denseShape: TensorInfo; defaultValue: TensorInfo }>(
    'SparseFillEmptyRows',
    { indices: onlyInt, values: asIs, denseShape: onlyInt, defaultValue: asIs },
    ({ inputs: { indices, values, denseShape, defaultValue }, backend }) => {
      const op = 'SparseFillEmptyRows';
      expectRank(op, 'indices', indices, 2);
      expectRank(op, 'values', values, 1);
      expectRank(op, 'denseShape', denseShape, 1);
      expectRank(op, 'defaultValue', defaultValue, 0);
      const [oldCount = 0, rank = 0] = indices.shape;
      const rows = Number(backend.valuesOf(denseShape)[0]);
      const filled = fillRows(backend.valuesOf(indices) as Int32Array, oldCount, rank, rows);
      const places = backend.makeFrom(filled.newPlaces, [oldCount, 1], indices.dtype);
      const newValues = scatter(backend, {
        op,
        adds: false,
        initial: defaultValue,
        indices: places,
        updates: values,
        shape: [filled.count],
      });
      return [
        backend.makeFrom(filled.indices, [filled.count, rank], indices.dtype),
        newValues,
        backend.makeFrom(filled.isEmpty, [rows], 'bool'),
        { ...places, shape: [oldCount] },
      ];
    },
    { alike: { inputs: ['values', 'defaultValue'], to: 'same' } },
  ),
];
