/** Kernels that put the cells of a tensor into another order, or repeat them. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { anyCells, asIs } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { copyStrided, copyView, stridesOf } from './copy.ts';
import { fill } from './fill.ts';

/** The tensor with its axes in another order: axis i of the result is axis `order[i]` of x. */
export function transpose(backend: DeviceBackend, x: TensorInfo, order: readonly number[]): TensorInfo {
  if (order.length !== x.shape.length || x.shape.some((_, axis) => !order.includes(axis)))
    throw new RangeError(`Transpose: [${order}] is no order of the axes of the shape [${x.shape}].`);
  if (order.every((axis, place) => axis === place)) return backend.share(x);
  const own = stridesOf(x.shape);
  return copyView(
    backend,
    x,
    { strides: order.map((axis) => own[axis] ?? 0) },
    order.map((axis) => x.shape[axis] ?? 1),
  );
}

/** The tensor backwards along some axes. */
function reverse(backend: DeviceBackend, x: TensorInfo, axes: readonly number[]): TensorInfo {
  const own = stridesOf(x.shape);
  const first = axes.reduce((sum, axis) => sum + ((x.shape[axis] ?? 1) - 1) * (own[axis] ?? 0), 0);
  const strides = own.map((stride, axis) => (axes.includes(axis) ? -stride : stride));
  return copyView(backend, x, { first, strides }, x.shape);
}

/** The tensor repeated so many times along each axis. */
function tile(backend: DeviceBackend, x: TensorInfo, repetitions: readonly number[]): TensorInfo {
  if (repetitions.length !== x.shape.length)
    throw new RangeError(`Tile: the shape [${x.shape}] needs a number for each axis; got [${repetitions}].`);
  const own = stridesOf(x.shape);
  const shape = x.shape.map((count, axis) => count * (repetitions[axis] ?? 1));
  if (util.sizeFromShape(shape) === util.sizeFromShape(x.shape)) return backend.share(x, shape);
  const counts = x.shape.flatMap((count, axis) => [repetitions[axis] ?? 1, count]);
  return copyView(backend, x, { strides: own.flatMap((stride) => [0, stride]) }, counts, shape);
}

/** The tensor repeated along its axes of 1, and along new ones in front, to a larger shape. */
export function broadcastTo(backend: DeviceBackend, x: TensorInfo, shape: readonly number[]): TensorInfo {
  const added = shape.length - x.shape.length;
  const own = stridesOf(x.shape);
  const strides = shape.map((_, axis) => (x.shape[axis - added] === 1 ? 0 : (own[axis - added] ?? 0)));
  return copyView(backend, x, { strides }, shape);
}

/** A matrix with the tensor's cells on its diagonal, under the shape of the tensor twice. */
function diagonal(backend: DeviceBackend, x: TensorInfo): TensorInfo {
  const size = util.sizeFromShape(x.shape);
  const output = fill(backend, [...x.shape, ...x.shape], 0, x.dtype);
  copyStrided(backend, [size], output, { strides: [size + 1] }, x, { strides: [1] });
  return output;
}

/** `Transpose`, `Reverse`, `Tile`, `BroadcastTo`, `Diag`. */
export const transposeKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, { perm: number[] }>(
    'Transpose',
    { x: anyCells },
    ({ inputs, attributes, backend }) => transpose(backend, inputs.x, attributes.perm),
  ),
  kernel<{ x: TensorInfo }, { dims: number | number[] }>(
    'Reverse',
    { x: anyCells },
    ({ inputs: { x }, attributes, backend }) =>
      reverse(backend, x, util.parseAxisParam(attributes.dims, x.shape)),
  ),
  kernel<{ x: TensorInfo }, { reps: number[] }>('Tile', { x: anyCells }, ({ inputs, attributes, backend }) =>
    tile(backend, inputs.x, attributes.reps),
  ),
  kernel<{ x: TensorInfo }, { shape: number[] }>(
    'BroadcastTo',
    { x: anyCells },
    ({ inputs, attributes, backend }) => broadcastTo(backend, inputs.x, attributes.shape),
  ),
  kernel<{ x: TensorInfo }>('Diag', { x: asIs }, ({ inputs, backend }) => diagonal(backend, inputs.x)),
];
