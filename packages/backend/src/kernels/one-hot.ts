import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type BackendKernel, kernel } from '../kernel.ts';
import { storageOf } from '../storage.ts';
import { withCasts, wordOf } from './cast.ts';

/** `OneHot`. */
export const oneHotKernels: readonly BackendKernel[] = [
  kernel<{ indices: TensorInfo }, { dtype: DataType; depth: number; onValue: number; offValue: number }>(
    'OneHot',
    ({ inputs: { indices }, attributes: { dtype, depth, onValue, offValue }, backend }) =>
      withCasts(backend, [indices], 'int32', (places = indices) => {
        const output = backend.make([...indices.shape, depth], dtype);
        const rows = util.sizeFromShape(indices.shape);
        if (rows * depth > 0)
          backend.launch(
            `one_hot_${wordOf[storageOf(dtype)]}`,
            [places, output],
            [rows, depth, Number(onValue), Number(offValue)],
          );
        return output;
      }),
  ),
];
