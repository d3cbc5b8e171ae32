/** How often numbers occur. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { withCasts } from './cast.ts';

interface Counted {
  readonly x: TensorInfo;
  /** Of each number; empty for 1. */
  readonly weights: TensorInfo;
}

function bincount(
  backend: DeviceBackend,
  op: string,
  { x, weights }: Counted,
  size: number,
  isBinary: boolean,
): TensorInfo {
  if (x.shape.length > 2)
    throw new RangeError(`${op}: x must be of rank 1 or 2; got the shape [${x.shape}].`);
  const [width = 1, rows = 1] = x.shape.toReversed();
  const isFloat = weights.dtype === 'float32';
  return withCasts(backend, [weights], isFloat ? 'float32' : 'int32', (numbers = weights) => {
    const output = backend.make([...x.shape.slice(0, -1), size], numbers.dtype);
    if (rows * size === 0) return output;
    const answer = backend.launch(
      isFloat ? 'bincount_float' : 'bincount_int',
      [x, util.sizeFromShape(weights.shape) > 0 ? numbers : null, output],
      [rows, width, size, Number(isBinary)],
    );
    if (answer === 0) return output;
    backend.release(output);
    throw new RangeError(
      `${op}: Input x must be non-negative! Number ${answer - 1} of it is ${backend.valuesOf(x)[answer - 1]}.`,
    );
  });
}

/** `Bincount`, `DenseBincount`. */
export const bincountKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo; weights: TensorInfo }, { size: number }>(
    'Bincount',
    ({ inputs: { x, weights }, attributes: { size }, backend }) => {
      const flat = { ...x, shape: [util.sizeFromShape(x.shape)] };
      return bincount(backend, 'Bincount', { x: flat, weights }, size, false);
    },
  ),
  kernel<{ x: TensorInfo; weights: TensorInfo }, { size: number; binaryOutput: boolean }>(
    'DenseBincount',
    ({ inputs, attributes: { size, binaryOutput }, backend }) =>
      bincount(backend, 'DenseBincount', inputs, size, binaryOutput),
  ),
];
