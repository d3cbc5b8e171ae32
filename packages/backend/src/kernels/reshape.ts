/** Kernels that give the same cells another shape: no data moves. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { anything } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';

/** `Identity`, `Reshape`, `ExpandDims`. */
export const reshapeKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }>('Identity', { x: anything }, ({ inputs, backend }) => backend.share(inputs.x)),
  kernel<{ x: TensorInfo }, { shape: number[] }>(
    'Reshape',
    { x: anything },
    ({ inputs: { x }, attributes, backend }) =>
      backend.share(x, util.inferFromImplicitShape(attributes.shape, util.sizeFromShape(x.shape))),
  ),
  kernel<{ input: TensorInfo }, { dim: number }>(
    'ExpandDims',
    { input: anything },
    ({ inputs: { input }, attributes, backend }) =>
      backend.share(input, withAxis(input.shape, attributes.dim)),
  ),
];

/** A shape with one more axis of 1; a negative place counts from the end. */
export function withAxis(shape: readonly number[], axis: number): number[] {
  const place = axis < 0 ? shape.length + 1 + axis : axis;
  if (!(Number.isInteger(place) && place >= 0 && place <= shape.length))
    throw new RangeError(
      `ExpandDims: the axis of a tensor of rank ${shape.length} is from ${-shape.length - 1} to ${shape.length}; got ${axis}.`,
    );
  return [...shape.slice(0, place), 1, ...shape.slice(place)];
}
