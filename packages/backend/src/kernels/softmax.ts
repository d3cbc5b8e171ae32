/** Softmax over the last axis, and its logarithm. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { withCasts } from './cast.ts';
import { refuseComplex } from './complex.ts';

function softmax(
  backend: DeviceBackend,
  op: 'softmax' | 'log_softmax',
  logits: TensorInfo,
  axis: number,
): TensorInfo {
  refuseComplex(op, logits);
  const last = logits.shape.length - 1;
  if (axis !== -1 && axis !== last)
    throw new RangeError(
      `${op}: only the last axis, ${last}, is supported; got ${axis}. Transpose the tensor before.`,
    );
  return withCasts(backend, [logits], 'float32', (x = logits) => {
    const output = backend.make(x.shape, 'float32');
    const width = x.shape[last] ?? 1;
    const size = util.sizeFromShape(x.shape);
    if (size > 0) backend.launch(op, [x, output], [size / width, width]);
    return output;
  });
}

/** `Softmax`, `LogSoftmax`. */
export const softmaxKernels: readonly BackendKernel[] = [
  kernel<{ logits: TensorInfo }, { dim: number }>('Softmax', ({ inputs, attributes, backend }) =>
    softmax(backend, 'softmax', inputs.logits, attributes.dim),
  ),
  kernel<{ logits: TensorInfo }, { axis: number }>('LogSoftmax', ({ inputs, attributes, backend }) =>
    softmax(backend, 'log_softmax', inputs.logits, attributes.axis),
  ),
];
