import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { onlyFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { withScratch } from './row-pieces.ts';

/** Numbers of a piece: its squares are added up by one thread. */
const pieceSize = 16384;
const floatsOfDouble = 2;

/** `ClipByGlobalNorm` of packages/kernels: norm and scaling of all gradients in one launch. */
export const globalNormKernels: readonly BackendKernel[] = [
  kernel<Record<string, TensorInfo>, { maximumNorm: number }>(
    'ClipByGlobalNorm',
    { each: onlyFloat },
    ({ inputs, attributes: { maximumNorm }, backend }) => {
      const gradients = Object.values(inputs);
      const norm = backend.make([], 'float32');
      const clipped = gradients.map(({ shape }) => backend.make(shape, 'float32'));
      const pairs = gradients
        .map((gradient, i) => ({ gradient, to: clipped[i]!, size: util.sizeFromShape(gradient.shape) }))
        .filter(({ size }) => size > 0);
      const pieces = pairs.reduce((sum, { size }) => sum + Math.ceil(size / pieceSize), 0);
      withScratch(backend, pieces * floatsOfDouble, 'clipByGlobalNorm', (scratch) => {
        const tensors = [scratch, norm, ...pairs.flatMap(({ gradient, to }) => [gradient, to]), null];
        backend.launch('clip_by_global_norm', tensors, [
          maximumNorm,
          pieceSize,
          ...pairs.map(({ size }) => size),
        ]);
      });
      return [norm, ...clipped];
    },
  ),
];
