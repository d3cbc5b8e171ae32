import type { TensorInfo } from '@tensorflow/tfjs-core';
import { onlyFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { expectShape } from './expect-shape.ts';
import { rowsOf } from './rows.ts';

type Norm = { x: TensorInfo; gain: TensorInfo; bias: TensorInfo };
type NormGradient = { dy: TensorInfo; x: TensorInfo; gain: TensorInfo };

/** `LayerNorm` and `LayerNormGradient` of packages/kernels. */
export const layerNormKernels: readonly BackendKernel[] = [
  kernel<Norm, { epsilon: number }>(
    'LayerNorm',
    { x: onlyFloat, gain: onlyFloat, bias: onlyFloat },
    ({ inputs: { x, gain, bias }, attributes: { epsilon }, backend }) => {
      const { rows, width } = rowsOf(x);
      expectShape('LayerNorm', 'gain', gain, [width], 'the last axis of x');
      expectShape('LayerNorm', 'bias', bias, [width], 'the last axis of x');
      const y = backend.make(x.shape, 'float32');
      backend.launch('layer_norm', [x, gain, bias, y], [rows, width, epsilon]);
      return y;
    },
    { needs: ['layer_norm'] },
  ),
  kernel<NormGradient, { epsilon: number }>(
    'LayerNormGradient',
    { dy: onlyFloat, x: onlyFloat, gain: onlyFloat },
    ({ inputs: { dy, x, gain }, attributes: { epsilon }, backend }) => {
      const { rows, width } = rowsOf(x);
      expectShape('LayerNormGradient', 'dy', dy, x.shape, 'that of x');
      expectShape('LayerNormGradient', 'gain', gain, [width], 'the last axis of x');
      const dx = backend.make(x.shape, 'float32');
      const dGain = backend.make([width], 'float32');
      const dBias = backend.make([width], 'float32');
      const tensors = [dy, x, gain, dx, dGain, dBias];
      backend.launchInWorkspace('layer_norm_gradient', tensors, [rows, width, epsilon]);
      return [dx, dGain, dBias];
    },
    { needs: ['layer_norm_gradient'] },
  ),
];
