/** Kernels that put tensors together. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { anyCells } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { partsWithShape } from './complex.ts';
import { copyStrided, stridesOf } from './copy.ts';
import { withAxis } from './reshape.ts';

/** Puts tensors of one dtype one behind the other along an axis. */
function concat(backend: DeviceBackend, tensors: readonly TensorInfo[], axis: number): TensorInfo {
  const filled = tensors.filter(({ shape }) => util.sizeFromShape(shape) > 0);
  const [only, second] = filled;
  if (only && !second) return backend.share(only);
  if (tensors[0]?.dtype === 'complex64') return concatComplex(backend, tensors, axis);
  const shape = backend_util.computeOutShape(
    tensors.map((tensor) => tensor.shape),
    axis,
  );
  const output = backend.make(shape, tensors[0]?.dtype ?? 'float32');
  const strides = stridesOf(shape);
  let first = 0;
  for (const tensor of filled) {
    copyStrided(backend, tensor.shape, output, { first, strides }, tensor, {
      strides: stridesOf(tensor.shape),
    });
    first += (tensor.shape[axis] ?? 0) * (strides[axis] ?? 0);
  }
  return output;
}

function concatComplex(backend: DeviceBackend, tensors: readonly TensorInfo[], axis: number): TensorInfo {
  const parts = tensors.map((tensor) => partsWithShape(backend, tensor));
  return backend.makeComplex(
    concat(
      backend,
      parts.map(([real]) => real),
      axis,
    ),
    concat(
      backend,
      parts.map(([, imag]) => imag),
      axis,
    ),
  );
}

/** `Concat`, `Pack`. */
export const concatKernels: readonly BackendKernel[] = [
  kernel<TensorInfo[], { axis: number }>(
    'Concat',
    { each: anyCells },
    ({ inputs, attributes, backend }) => {
      const [axis = 0] = util.parseAxisParam(attributes.axis, inputs[0]?.shape ?? []);
      backend_util.assertParamsConsistent(
        inputs.map(({ shape }) => shape),
        axis,
      );
      return concat(backend, inputs, axis);
    },
    { alike: { inputs: 'all', to: 'first' } },
  ),
  kernel<TensorInfo[], { axis: number }>(
    'Pack',
    { each: anyCells },
    ({ inputs, attributes, backend }) => {
      const { shape = [] } = inputs[0] ?? {};
      for (const other of inputs)
        util.assertShapesMatch(shape, other.shape, 'Pack: all tensors must have one shape. ');
      const withOne = withAxis(shape, attributes.axis);
      const axis = attributes.axis < 0 ? shape.length + 1 + attributes.axis : attributes.axis;
      return concat(
        backend,
        inputs.map((tensor) => ({ ...tensor, shape: withOne })),
        axis,
      );
    },
    { alike: { inputs: 'all', to: 'same' } },
  ),
];
