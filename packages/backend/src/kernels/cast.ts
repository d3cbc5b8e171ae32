/** Conversions between dtypes. */
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { anyCells } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { type Storage, storageOf } from '../storage.ts';
import { fill } from './fill.ts';

/** What a storage type is called in the names of the device's kernels. */
export const wordOf: Readonly<Record<Storage, 'float' | 'int' | 'byte'>> = {
  f32: 'float',
  i32: 'int',
  u8: 'byte',
};

/** The tensor in another dtype. Int cuts fractions off, bool asks for not 0, a complex number loses its imaginary part. */
export function cast(backend: DeviceBackend, x: TensorInfo, dtype: DataType): TensorInfo {
  if (x.dtype === dtype) return backend.share(x);
  if (x.dtype === 'complex64') return cast(backend, { ...backend.partsOf(x).real, shape: x.shape }, dtype);
  if (dtype === 'complex64')
    return backend.makeComplex(cast(backend, x, 'float32'), fill(backend, x.shape, 0, 'float32'));
  const [from, to] = [wordOf[storageOf(x.dtype)], wordOf[storageOf(dtype)]];
  const output = backend.make(x.shape, dtype);
  const size = util.sizeFromShape(x.shape);
  if (size > 0) backend.launch(`cast_${from}_${to}`, [x, output], [size]);
  return output;
}

/** The tensor in another dtype, its numbers as a typed array of it stores them: a truth value is the last 8 bits of a whole number. */
export function store(backend: DeviceBackend, x: TensorInfo, dtype: DataType): TensorInfo {
  if (dtype !== 'bool' || x.dtype === 'bool') return cast(backend, x, dtype);
  const whole = cast(backend, x, 'int32');
  const output = backend.make(x.shape, 'bool');
  const size = util.sizeFromShape(x.shape);
  if (size > 0) backend.launch('wrap_int_byte', [whole, output], [size]);
  backend.release(whole);
  return output;
}

/** `Cast`. */
export const castKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, { dtype: DataType }>('Cast', { x: anyCells }, ({ inputs, attributes, backend }) =>
    cast(backend, inputs.x, attributes.dtype),
  ),
];
