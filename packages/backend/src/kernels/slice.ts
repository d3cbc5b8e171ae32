/** Kernels that take a part of a tensor. */
import { backend_util, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { anyCells } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { copyView, stridesOf } from './copy.ts';
import { expectWhole } from './expect-shape.ts';

/** The part of a tensor that begins at `begin` and has the shape `size`. */
export function slice(
  backend: DeviceBackend,
  x: TensorInfo,
  begin: readonly number[],
  size: readonly number[],
): TensorInfo {
  if (size.some((count, axis) => !isWithin(begin[axis] ?? 0, count, x.shape[axis] ?? 0)))
    throw new RangeError(
      `A slice from [${begin}] of the shape [${size}] is not within the shape [${x.shape}].`,
    );
  if (size.every((count, axis) => count === x.shape[axis])) return backend.share(x);
  const strides = stridesOf(x.shape);
  return copyView(backend, x, { first: offsetOf(begin, strides), strides }, size);
}

const isWithin = (begin: number, count: number, whole: number) =>
  Number.isInteger(begin) && begin >= 0 && begin + count <= whole;

/** Cuts a tensor along an axis into parts of these sizes. */
function split(backend: DeviceBackend, x: TensorInfo, sizes: readonly number[], axis: number): TensorInfo[] {
  const begin = x.shape.map(() => 0);
  return sizes.map((count) => {
    const part = slice(
      backend,
      x,
      begin,
      x.shape.map((whole, other) => (other === axis ? count : whole)),
    );
    begin[axis] = (begin[axis] ?? 0) + count;
    return part;
  });
}

function offsetOf(begin: readonly number[], strides: readonly number[]): number {
  return begin.reduce((offset, index, axis) => offset + index * (strides[axis] ?? 0), 0);
}

interface StridedSliceAttributes {
  begin: number[];
  end: number[];
  strides: number[];
  beginMask: number;
  endMask: number;
  ellipsisMask: number;
  newAxisMask: number;
  shrinkAxisMask: number;
}

function stridedSlice(backend: DeviceBackend, x: TensorInfo, a: StridedSliceAttributes): TensorInfo {
  const info = slice_util.sliceInfo(
    x.shape,
    a.begin,
    a.end,
    a.strides,
    a.beginMask,
    a.endMask,
    a.ellipsisMask,
    a.newAxisMask,
    a.shrinkAxisMask,
  );
  for (const stride of info.strides)
    expectWhole('StridedSlice', 'each stride', stride, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  if (info.isIdentity) return backend.share(x, info.finalShape);
  // An end before the begin gives a negative count.
  const counts = slice_util.computeOutShape(info.begin, info.end, info.strides).map((n) => Math.max(0, n));
  const own = stridesOf(x.shape);
  const strides = own.map((stride, axis) => stride * (info.strides[axis] ?? 1));
  return copyView(backend, x, { first: offsetOf(info.begin, own), strides }, counts, info.finalShape);
}

/** Parts of one split: an axis without cells could be split into any number of them. */
const mostParts = 2 ** 20;

/** `Slice`, `SplitV`, `StridedSlice`, `Unpack`. */
export const sliceKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, { begin: number | number[]; size: number | number[] }>(
    'Slice',
    { x: anyCells },
    ({ inputs: { x }, attributes, backend }) => {
      const [begin = [], size = []] = slice_util.parseSliceParams(x, attributes.begin, attributes.size);
      slice_util.assertParamsValid(x, begin, size);
      return slice(backend, x, begin, size);
    },
  ),
  kernel<{ x: TensorInfo }, { numOrSizeSplits: number | number[]; axis: number }>(
    'SplitV',
    { x: anyCells },
    ({ inputs: { x }, attributes, backend }) => {
      const [axis = 0] = util.parseAxisParam(attributes.axis, x.shape);
      if (typeof attributes.numOrSizeSplits === 'number')
        expectWhole('SplitV', 'numOrSizeSplits', attributes.numOrSizeSplits, 1, mostParts);
      const tensor = x as Parameters<typeof backend_util.prepareSplitSize>[0];
      return split(backend, x, backend_util.prepareSplitSize(tensor, attributes.numOrSizeSplits, axis), axis);
    },
  ),
  kernel<{ x: TensorInfo }, StridedSliceAttributes>(
    'StridedSlice',
    { x: anyCells },
    ({ inputs, attributes, backend }) => stridedSlice(backend, inputs.x, attributes),
  ),
  kernel<{ value: TensorInfo }, { axis: number }>(
    'Unpack',
    { value: anyCells },
    ({ inputs: { value }, attributes, backend }) => {
      const [axis = 0] = util.parseAxisParam(attributes.axis, value.shape);
      const shape = value.shape.filter((_, other) => other !== axis);
      const ones = new Array<number>(value.shape[axis] ?? 0).fill(1);
      return split(backend, value, ones, axis).map((part) => ({ ...part, shape }));
    },
  ),
];
