/** Running sums and products along an axis. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { storageOf } from '../storage.ts';
import { withCasts, wordOf } from './cast.ts';
import { refuseComplex } from './complex.ts';

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
  refuseComplex(`cumulative ${op}`, x);
  const [axis = 0] = util.parseAxisParam(givenAxis, x.shape);
  const dtype = backend_util.upcastType(x.dtype, 'int32');
  const outer = util.sizeFromShape(x.shape.slice(0, axis));
  const inner = util.sizeFromShape(x.shape.slice(axis + 1));
  return withCasts(backend, [x], dtype, (cells = x) => {
    const output = backend.make(x.shape, dtype);
    const numbers = [outer, x.shape[axis] ?? 1, inner, exclusive ? 1 : 0, reverse ? 1 : 0];
    if (util.sizeFromShape(x.shape) > 0)
      backend.launch(`cumulative_${op}_${wordOf[storageOf(dtype)]}`, [cells, output], numbers);
    return output;
  });
}

/** `Cumsum`, `Cumprod`. */
export const cumulativeKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, Attributes>('Cumsum', ({ inputs, attributes, backend }) =>
    cumulative(backend, 'sum', inputs.x, attributes),
  ),
  kernel<{ x: TensorInfo }, Attributes>('Cumprod', ({ inputs, attributes, backend }) =>
    cumulative(backend, 'product', inputs.x, attributes),
  ),
];
