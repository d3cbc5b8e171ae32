import type { DataType } from '@tensorflow/tfjs-core';
import { type BackendKernel, kernel } from '../kernel.ts';

/** `Fill`: a tensor of one number. */
export const fillKernels: readonly BackendKernel[] = [
  kernel<Record<string, never>, { shape: number[]; value: number; dtype: DataType }>(
    'Fill',
    ({ attributes, backend }) => {
      const output = backend.make(attributes.shape, 'float32');
      backend.launch('fill_float', [output], [attributes.shape.reduce((a, b) => a * b, 1), attributes.value]);
      return output;
    },
  ),
];
