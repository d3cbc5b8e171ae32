/** Kernels that move blocks of the spatial axes into another axis and back. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asIs } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { copyView, stridesOf } from './copy.ts';
import { expectRank, expectWhole } from './expect-shape.ts';
import { pad } from './pad.ts';
import { slice } from './slice.ts';

/** The cells of x, seen under one shape, with the axes of that in another order, under a third shape. */
function rearrange(
  backend: DeviceBackend,
  x: TensorInfo,
  seenAs: readonly number[],
  order: readonly number[],
  shape: readonly number[],
): TensorInfo {
  const own = stridesOf(seenAs);
  return copyView(
    backend,
    x,
    { strides: order.map((axis) => own[axis] ?? 0) },
    order.map((axis) => seenAs[axis] ?? 1),
    shape,
  );
}

function requireAxes(op: string, { shape }: TensorInfo, blockShape: readonly number[]): void {
  if (shape.length <= blockShape.length)
    throw new RangeError(`${op}: the block [${blockShape}] needs more axes than the shape [${shape}] has.`);
  for (const count of blockShape) expectWhole(op, 'each side of blockShape', count, 1);
}

function spaceToBatch(
  backend: DeviceBackend,
  x: TensorInfo,
  blockShape: number[],
  paddings: [number, number][],
): TensorInfo {
  requireAxes('SpaceToBatchND', x, blockShape);
  const size = util.sizeFromShape(blockShape);
  const others = x.shape.slice(1 + paddings.length).map(() => [0, 0] as const);
  const padded = pad(backend, x, [[0, 0], ...paddings, ...others], 0);
  const seenAs = backend_util.getReshaped(padded.shape, blockShape, size, false);
  const order = backend_util.getPermuted(seenAs.length, blockShape.length, false);
  const shape = backend_util.getReshapedPermuted(padded.shape, blockShape, size, false);
  const result = rearrange(backend, padded, seenAs, order, shape);
  backend.release(padded);
  return result;
}

function batchToSpace(
  backend: DeviceBackend,
  x: TensorInfo,
  blockShape: number[],
  crops: number[][],
): TensorInfo {
  requireAxes('BatchToSpaceND', x, blockShape);
  const cells = util.sizeFromShape(blockShape);
  const seenAs = backend_util.getReshaped(x.shape, blockShape, cells);
  const order = backend_util.getPermuted(seenAs.length, blockShape.length);
  const shape = backend_util.getReshapedPermuted(x.shape, blockShape, cells);
  const whole = rearrange(backend, x, seenAs, order, shape);
  // What is cut off stands first; the axes behind stay whole.
  const begin = backend_util.getSliceBeginCoords(crops, blockShape.length);
  const cut = backend_util.getSliceSize(shape, crops, blockShape.length);
  const size = shape.map((count, axis) => cut[axis] ?? count);
  const result = slice(backend, whole, begin, size);
  backend.release(whole);
  return result;
}

function depthToSpace(backend: DeviceBackend, x: TensorInfo, block: number, dataFormat: string): TensorInfo {
  if (dataFormat !== 'NHWC')
    throw new RangeError(`DepthToSpace: the data format must be NHWC; got ${dataFormat}.`);
  expectRank('DepthToSpace', 'x', x, 4);
  expectWhole('DepthToSpace', 'blockSize', block, 1);
  const [batch = 0, height = 0, width = 0, depth = 0] = x.shape;
  const channels = depth / (block * block);
  return rearrange(
    backend,
    x,
    [batch, height, width, block, block, channels],
    [0, 1, 3, 2, 4, 5],
    [batch, height * block, width * block, channels],
  );
}

/** `SpaceToBatchND`, `BatchToSpaceND`, `DepthToSpace`. */
export const blockKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, { blockShape: number[]; paddings: [number, number][] }>(
    'SpaceToBatchND',
    { x: asIs },
    ({ inputs, attributes, backend }) =>
      spaceToBatch(backend, inputs.x, attributes.blockShape, attributes.paddings),
  ),
  kernel<{ x: TensorInfo }, { blockShape: number[]; crops: number[][] }>(
    'BatchToSpaceND',
    { x: asIs },
    ({ inputs, attributes, backend }) =>
      batchToSpace(backend, inputs.x, attributes.blockShape, attributes.crops),
  ),
  kernel<{ x: TensorInfo }, { blockSize: number; dataFormat: string }>(
    'DepthToSpace',
    { x: asIs },
    ({ inputs, attributes, backend }) =>
      depthToSpace(backend, inputs.x, attributes.blockSize, attributes.dataFormat),
  ),
];
