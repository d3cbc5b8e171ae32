/** Kernels that make tensors of one number. */
import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { anyCells } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { asStored, storageOf } from '../storage.ts';

const kernelOf = { f32: 'fill_float', i32: 'fill_int', u8: 'fill_byte' } as const;

/** A tensor of one number. */
export function fill(
  backend: DeviceBackend,
  shape: readonly number[],
  value: number,
  dtype: DataType,
): TensorInfo {
  const output = backend.make(shape, dtype);
  const size = util.sizeFromShape([...shape]);
  if (size > 0) backend.launch(kernelOf[storageOf(dtype)], [output], [size, asStored(value, dtype)]);
  return output;
}

function like(backend: DeviceBackend, x: TensorInfo, value: number): TensorInfo {
  if (x.dtype !== 'complex64') return fill(backend, x.shape, value, x.dtype);
  return backend.makeComplex(fill(backend, x.shape, value, 'float32'), fill(backend, x.shape, 0, 'float32'));
}

/** `Fill`, `ZerosLike`, `OnesLike`. */
export const fillKernels: readonly BackendKernel[] = [
  kernel<object, { shape: number[]; value: number; dtype?: DataType }>(
    'Fill',
    {},
    ({ attributes: { shape, value, dtype }, backend }) =>
      fill(backend, shape, Number(value), dtype ?? util.inferDtype(value)),
  ),
  kernel<{ x: TensorInfo }>('ZerosLike', { x: anyCells }, ({ inputs, backend }) =>
    like(backend, inputs.x, 0),
  ),
  kernel<{ x: TensorInfo }>('OnesLike', { x: anyCells }, ({ inputs, backend }) => like(backend, inputs.x, 1)),
];
