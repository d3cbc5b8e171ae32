/** The places of a sparse tensor under another shape. The host does it: an error depends on each number, and it is only bookkeeping. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { stridesOf } from './copy.ts';
import { expectRank, expectShape } from './expect-shape.ts';

/** The new shape, with the axis that was given as −1 filled in. */
function wholeShape(oldShape: number[], asked: readonly number[]): number[] {
  const size = util.sizeFromShape(oldShape);
  const open = asked.indexOf(-1);
  const second = asked.indexOf(-1, open + 1);
  if (open >= 0 && second >= 0)
    throw new Error(backend_util.getSparseReshapeMultipleNegativeOneOutputDimErrorMessage(open, second));
  const negative = asked.findIndex((count) => count < -1);
  if (negative >= 0)
    throw new Error(
      backend_util.getSparseReshapeNegativeOutputDimErrorMessage(negative, asked[negative] ?? 0),
    );
  const shape = asked.map((count) => (count === -1 ? 1 : count));
  if (open >= 0) fillIn(shape, open, oldShape, size);
  if (util.sizeFromShape(shape) !== size)
    throw new Error(backend_util.getSparseReshapeInputOutputMismatchErrorMessage(oldShape, shape));
  return shape;
}

function fillIn(shape: number[], open: number, oldShape: number[], size: number): void {
  const rest = util.sizeFromShape(shape);
  if (rest <= 0) throw new Error(backend_util.getSparseReshapeEmptyTensorZeroOutputDimErrorMessage());
  if (size % rest !== 0)
    throw new Error(backend_util.getSparseReshapeInputOutputMultipleErrorMessage(oldShape, shape));
  shape[open] = size / rest;
}

/** Each place, in rows of `oldShape.length`, as a place of the new shape. */
function movePlaces(places: Int32Array, count: number, oldShape: number[], newShape: number[]): Int32Array {
  const [oldStrides, newStrides] = [stridesOf(oldShape), stridesOf(newShape)];
  const moved = new Int32Array(count * newShape.length);
  for (let place = 0; place < count; place++) {
    let cell = 0;
    for (const [axis, stride] of oldStrides.entries())
      cell += (places[place * oldShape.length + axis] ?? 0) * stride;
    for (const [axis, stride] of newStrides.entries()) {
      moved[place * newShape.length + axis] = Math.trunc(cell / stride);
      cell %= stride;
    }
  }
  return moved;
}

/** `SparseReshape`: new indices and the new shape. */
export const sparseReshapeKernels: readonly BackendKernel[] = [
  kernel<{ inputIndices: TensorInfo; inputShape: TensorInfo; newShape: TensorInfo }>(
    'SparseReshape',
    { inputIndices: onlyInt, inputShape: onlyInt, newShape: onlyInt },
    ({ inputs: { inputIndices, inputShape, newShape }, backend }) => {
      expectRank('SparseReshape', 'inputIndices', inputIndices, 2);
      expectRank('SparseReshape', 'inputShape', inputShape, 1);
      expectRank('SparseReshape', 'newShape', newShape, 1);
      const [oldShape = [], asked = []] = [inputShape, newShape].map((tensor) =>
        Array.from(backend.valuesOf(tensor) as Int32Array),
      );
      expectShape(
        'SparseReshape',
        'inputShape',
        inputShape,
        inputIndices.shape.slice(1),
        'the indices of a place',
      );
      const shape = wholeShape(oldShape, asked);
      const count = inputIndices.shape[0] ?? 0;
      const moved = movePlaces(backend.valuesOf(inputIndices) as Int32Array, count, oldShape, shape);
      return [
        backend.makeFrom(moved, [count, shape.length], inputIndices.dtype),
        backend.makeFrom(Int32Array.from(shape), [shape.length], newShape.dtype),
      ];
    },
  ),
];
