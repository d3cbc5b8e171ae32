/** Kernels that surround a tensor with more cells. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asIs } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { copyStrided, stridesOf } from './copy.ts';
import { fill } from './fill.ts';

type Paddings = readonly (readonly [before: number, after: number])[];

function requirePaddings(op: string, { shape }: TensorInfo, paddings: Paddings): void {
  if (paddings.length !== shape.length)
    throw new RangeError(
      `${op}: the shape [${shape}] needs ${shape.length} paddings; got ${paddings.length}.`,
    );
}

/** Surrounds a tensor with cells of one value. */
export function pad(backend: DeviceBackend, x: TensorInfo, paddings: Paddings, value: number): TensorInfo {
  requirePaddings('PadV2', x, paddings);
  const shape = x.shape.map((count, axis) => count + before(paddings, axis) + after(paddings, axis));
  const output = fill(backend, shape, value, x.dtype);
  const strides = stridesOf(shape);
  const first = strides.reduce((sum, stride, axis) => sum + stride * before(paddings, axis), 0);
  copyStrided(backend, x.shape, output, { first, strides }, x, { strides: stridesOf(x.shape) });
  return output;
}

const before = (paddings: Paddings, axis: number) => paddings[axis]?.[0] ?? 0;
const after = (paddings: Paddings, axis: number) => paddings[axis]?.[1] ?? 0;

/** Surrounds a tensor with its own mirror image, axis after axis. */
function mirrorPad(backend: DeviceBackend, x: TensorInfo, paddings: Paddings, mode: string): TensorInfo {
  requirePaddings('MirrorPad', x, paddings);
  const skipped = mode === 'reflect' ? 1 : 0;
  let result = backend.share(x);
  for (let axis = 0; axis < x.shape.length; axis++) {
    if (before(paddings, axis) === 0 && after(paddings, axis) === 0) continue;
    const padded = mirrorAxis(backend, result, axis, before(paddings, axis), after(paddings, axis), skipped);
    backend.release(result);
    result = padded;
  }
  return result;
}

/** @param skipped - cells at the edge that are not repeated */
function mirrorAxis(
  backend: DeviceBackend,
  x: TensorInfo,
  axis: number,
  cellsBefore: number,
  cellsAfter: number,
  skipped: number,
): TensorInfo {
  const count = x.shape[axis] ?? 0;
  const output = backend.make(x.shape.with(axis, cellsBefore + count + cellsAfter), x.dtype);
  const [from, to] = [stridesOf(x.shape), stridesOf(output.shape)];
  const [fromStride = 0, toStride = 0] = [from[axis], to[axis]];
  const backwards = from.with(axis, -fromStride);
  const copy = (cells: number, toIndex: number, fromIndex: number, strides: number[]) =>
    copyStrided(backend, x.shape.with(axis, cells), output, { first: toIndex * toStride, strides: to }, x, {
      first: fromIndex * fromStride,
      strides,
    });
  copy(count, cellsBefore, 0, from);
  copy(cellsBefore, 0, cellsBefore - 1 + skipped, backwards);
  copy(cellsAfter, cellsBefore + count, count - 1 - skipped, backwards);
  return output;
}

/** `PadV2`, `MirrorPad`. */
export const padKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, { paddings: [number, number][]; constantValue: number }>(
    'PadV2',
    { x: asIs },
    ({ inputs, attributes, backend }) =>
      pad(backend, inputs.x, attributes.paddings, attributes.constantValue),
  ),
  kernel<{ x: TensorInfo }, { paddings: [number, number][]; mode: string }>(
    'MirrorPad',
    { x: asIs },
    ({ inputs, attributes, backend }) => mirrorPad(backend, inputs.x, attributes.paddings, attributes.mode),
  ),
];
