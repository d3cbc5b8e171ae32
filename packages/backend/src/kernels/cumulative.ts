/** Running sums and products along an axis. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asNumber } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { wordOf } from './cast.ts';

interface Attributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

function cumulative(
  backend: DeviceBackend,
  op: 'sum' | 'product',
  x: TensorInfo,
  { axis: givenAxis, exclusive, reverse }: Attributes,
): TensorInfo {
  const [axis = 0] = util.parseAxisParam(givenAxis, x.shape);
  const outer = util.sizeFromShape(x.shape.slice(0, axis));
  const inner = util.sizeFromShape(x.shape.slice(axis + 1));
  const output = backend.make(x.shape, x.dtype);
  const numbers = [outer, x.shape[axis] ?? 1, inner, exclusive ? 1 : 0, reverse ? 1 : 0];
  if (util.sizeFromShape(x.shape) > 0)
    backend.launch(`cumulative_${op}_${wordOf[backend.storageOf(x)]}`, [x, output], numbers);
  return output;
}

/** `Cumsum`, `Cumprod`. */
export const cumulativeKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, Attributes>('Cumsum', { x: asNumber }, ({ inputs, attributes, backend }) =>
    cumulative(backend, 'sum', inputs.x, attributes),
  ),
  kernel<{ x: TensorInfo }, Attributes>('Cumprod', { x: asNumber }, ({ inputs, attributes, backend }) =>
    cumulative(backend, 'product', inputs.x, attributes),
  ),
];
