import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { onlyFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';

/** `ClipByGlobalNorm` of packages/kernels: norm and scaling of all gradients in one launch. */
export const globalNormKernels: readonly BackendKernel[] = [
  kernel<Record<string, TensorInfo>, { maximumNorm: number }>(
    'ClipByGlobalNorm',
    { each: onlyFloat },
    ({ inputs, attributes: { maximumNorm }, backend }) => {
      const gradients = Object.values(inputs);
      const norm = backend.make([], 'float32');
      const clipped = gradients.map(({ shape }) => backend.make(shape, 'float32'));
      const tensors: TensorInfo[] = [norm];
      const sizes: number[] = [];
      for (const [index, gradient] of gradients.entries()) {
        const size = util.sizeFromShape(gradient.shape);
        if (size === 0) continue;
        tensors.push(gradient, clipped[index]!);
        sizes.push(size);
      }
      backend.launchInWorkspace('clip_by_global_norm', tensors, [maximumNorm, ...sizes]);
      return [norm, ...clipped];
    },
    { needs: ['clip_by_global_norm'] },
  ),
];
