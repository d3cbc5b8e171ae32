/** Complex tensors and their two parts. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type BackendKernel, kernel } from '../kernel.ts';
import { cast } from './cast.ts';
import { partsWithShape } from './complex.ts';

/** `Complex`, `Real`, `Imag`, `ComplexAbs`. */
export const complexKernels: readonly BackendKernel[] = [
  kernel<{ real: TensorInfo; imag: TensorInfo }>('Complex', ({ inputs: { real, imag }, backend }) =>
    backend.makeComplex(cast(backend, real, 'float32'), cast(backend, imag, 'float32')),
  ),
  kernel<{ input: TensorInfo }>('Real', ({ inputs: { input }, backend }) =>
    backend.share(partsWithShape(backend, input)[0]),
  ),
  kernel<{ input: TensorInfo }>('Imag', ({ inputs: { input }, backend }) =>
    backend.share(partsWithShape(backend, input)[1]),
  ),
  kernel<{ x: TensorInfo }>('ComplexAbs', ({ inputs: { x }, backend }) => {
    const output = backend.make(x.shape, 'float32');
    const size = util.sizeFromShape(x.shape);
    if (size > 0) backend.launch('complex_abs', [...partsWithShape(backend, x), output], [size]);
    return output;
  }),
];
