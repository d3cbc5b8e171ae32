/** Copies between buffers whose axes have strides: what all kernels that only move cells are made of. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { bytesOf } from '../storage.ts';
import { requireAxes } from './broadcast.ts';
import { byParts } from './complex.ts';

/** How a tensor is walked: from which cell, and how many cells each axis steps. */
export interface View {
  /** The first cell. Default: 0. */
  readonly first?: number;
  /** Cells from one index of an axis to the next; 0 repeats, a negative number walks backwards. */
  readonly strides: readonly number[];
}

/** The strides of a tensor's own axes. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}

/** Copies `counts` cells, each side walked in its own way. The tensors are of one dtype, and not complex. */
export function copyStrided(
  backend: DeviceBackend,
  counts: readonly number[],
  to: TensorInfo,
  toView: View,
  from: TensorInfo,
  fromView: View,
): void {
  if (counts.includes(0)) return;
  requireAxes(counts);
  requireInside(to, counts, toView);
  requireInside(from, counts, fromView);
  const numbers = [bytesOf[backend.storageOf(from)], toView.first ?? 0, fromView.first ?? 0, counts.length];
  for (let axis = 0; axis < counts.length; axis++) {
    const isWalked = counts[axis] !== 1; // else a stride leads nowhere, and may be any number
    numbers.push(
      counts[axis] ?? 1,
      isWalked ? (toView.strides[axis] ?? 0) : 0,
      isWalked ? (fromView.strides[axis] ?? 0) : 0,
    );
  }
  backend.launch('copy_strided', [to, from], numbers);
}

/** Whatever attributes of slices, paddings and repetitions a program gives, a copy stays within its tensors. */
function requireInside({ shape }: TensorInfo, counts: readonly number[], { first = 0, strides }: View): void {
  let [low, high] = [first, first];
  for (let axis = 0; axis < counts.length; axis++) {
    const reach = ((counts[axis] ?? 1) - 1) * (strides[axis] ?? 0);
    if (reach < 0) low += reach;
    else high += reach;
  }
  if (low >= 0 && high < util.sizeFromShape(shape)) return;
  throw new RangeError(`A copy of [${counts}] cells would leave a tensor of shape [${shape}].`);
}

/**
 * A new tensor of the cells that a view of another one shows.
 * @param counts - what the view's axes count; their product is the size of `shape`
 */
export function copyView(
  backend: DeviceBackend,
  x: TensorInfo,
  view: View,
  counts: readonly number[],
  shape: readonly number[] = counts,
): TensorInfo {
  if (util.sizeFromShape([...counts]) !== util.sizeFromShape([...shape]))
    throw new RangeError(`A copy of [${counts}] cells doesn't fill the shape [${shape}].`);
  return byParts(backend, x, (part) => {
    const output = backend.make(shape, part.dtype);
    if (util.sizeFromShape(part.shape) > 0)
      copyStrided(backend, counts, output, { strides: stridesOf(counts) }, part, view);
    return output;
  });
}
