/** Complex tensors and their two parts. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { asFloat, onlyComplex } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { partsWithShape } from './complex.ts';
import { expectShape } from './expect-shape.ts';

/** `Complex`, `Real`, `Imag`, `ComplexAbs`. */
export const complexKernels: readonly BackendKernel[] = [
  kernel<{ real: TensorInfo; imag: TensorInfo }>(
    'Complex',
    { real: asFloat, imag: asFloat },
    ({ inputs: { real, imag }, backend }) => {
      expectShape('Complex', 'imag', imag, real.shape, 'that of real');
      return backend.makeComplex(backend.share(real), backend.share(imag));
    },
  ),
  kernel<{ input: TensorInfo }>('Real', { input: onlyComplex }, ({ inputs: { input }, backend }) =>
    backend.share(partsWithShape(backend, input)[0]),
  ),
  kernel<{ input: TensorInfo }>('Imag', { input: onlyComplex }, ({ inputs: { input }, backend }) =>
    backend.share(partsWithShape(backend, input)[1]),
  ),
  kernel<{ x: TensorInfo }>('ComplexAbs', { x: onlyComplex }, ({ inputs: { x }, backend }) => {
    const output = backend.make(x.shape, 'float32');
    const size = util.sizeFromShape(x.shape);
    if (size > 0) backend.launch('complex_abs', [...partsWithShape(backend, x), output], [size]);
    return output;
  }),
];
