/** How often numbers occur. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asNumber, onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { wordOf } from './cast.ts';
import { expectShape, expectWhole } from './expect-shape.ts';

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
  if (x.shape.length !== 1 && x.shape.length !== 2)
    throw new RangeError(`${op}: x must be of rank 1 or 2; got the shape [${x.shape}].`);
  expectWhole(op, 'size', size);
  const isWeighted = util.sizeFromShape(weights.shape) > 0;
  if (isWeighted) expectShape(op, 'weights', weights, x.shape, 'that of x, or no weights');
  const [width = 1, rows = 1] = x.shape.toReversed();
  const output = backend.make([...x.shape.slice(0, -1), size], weights.dtype);
  const answer = backend.launch(
    `bincount_${wordOf[backend.storageOf(weights)]}`,
    [x, isWeighted ? weights : null, output],
    [rows, width, size, Number(isBinary)],
  );
  if (answer === 0) return output;
  throw new RangeError(
    `${op}: Input x must be non-negative! Number ${answer - 1} of it is ${backend.valuesOf(x)[answer - 1]}.`,
  );
}

const dtypes = { x: onlyInt, weights: asNumber };

/** `Bincount`, `DenseBincount`. */
export const bincountKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo; weights: TensorInfo }, { size: number }>(
    'Bincount',
    dtypes,
    ({ inputs: { x, weights }, attributes: { size }, backend }) => {
      const flat = (tensor: TensorInfo) => ({ ...tensor, shape: [util.sizeFromShape(tensor.shape)] });
      return bincount(backend, 'Bincount', { x: flat(x), weights: flat(weights) }, size, false);
    },
  ),
  kernel<{ x: TensorInfo; weights: TensorInfo }, { size: number; binaryOutput: boolean }>(
    'DenseBincount',
    dtypes,
    ({ inputs, attributes: { size, binaryOutput }, backend }) =>
      bincount(backend, 'DenseBincount', inputs, size, binaryOutput),
  ),
];
