/** Softmax over the last axis, and its logarithm. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';

function softmax(
  backend: DeviceBackend,
  op: 'softmax' | 'log_softmax',
  logits: TensorInfo,
  axis: number,
): TensorInfo {
  const last = logits.shape.length - 1;
  if (last < 0) throw new RangeError(`${op}: logits must have an axis; got a scalar.`);
  if (axis !== -1 && axis !== last)
    throw new RangeError(
      `${op}: only the last axis, ${last}, is supported; got ${axis}. Transpose the tensor before.`,
    );
  const output = backend.make(logits.shape, 'float32');
  const width = logits.shape[last] ?? 1;
  const size = util.sizeFromShape(logits.shape);
  if (size > 0) backend.launch(op, [logits, output], [size / width, width]);
  return output;
}

/** `Softmax`, `LogSoftmax`. */
export const softmaxKernels: readonly BackendKernel[] = [
  kernel<{ logits: TensorInfo }, { dim: number }>(
    'Softmax',
    { logits: asFloat },
    ({ inputs, attributes, backend }) => softmax(backend, 'softmax', inputs.logits, attributes.dim),
  ),
  kernel<{ logits: TensorInfo }, { axis: number }>(
    'LogSoftmax',
    { logits: asFloat },
    ({ inputs, attributes, backend }) => softmax(backend, 'log_softmax', inputs.logits, attributes.axis),
  ),
];
