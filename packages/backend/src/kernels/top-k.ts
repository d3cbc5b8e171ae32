import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type BackendKernel, kernel } from '../kernel.ts';
import { wordOf } from './cast.ts';
import { refuseComplex } from './complex.ts';

/** `TopK`: values and their places. They are sorted whether this is asked for or not. */
export const topKKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, { k: number }>('TopK', ({ inputs: { x }, attributes: { k }, backend }) => {
    refuseComplex('TopK', x);
    const width = x.shape.at(-1) ?? 1;
    const shape = [...x.shape.slice(0, -1), k];
    const values = backend.make(shape, x.dtype);
    const places = backend.make(shape, 'int32');
    const size = util.sizeFromShape(shape);
    if (size > 0)
      backend.launch(`top_k_${wordOf[backend.storageOf(x)]}`, [x, values, places], [size / k, width, k]);
    return [values, places];
  }),
];
