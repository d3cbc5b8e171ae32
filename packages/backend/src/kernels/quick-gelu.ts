import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { onlyFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { expectShape } from './expect-shape.ts';
import { rowsOf } from './rows.ts';

type Gelu = { x: TensorInfo };
type BiasGelu = { x: TensorInfo; bias: TensorInfo };

/** `QuickGelu`, `BiasQuickGelu` and their gradients of packages/kernels. */
export const quickGeluKernels: readonly BackendKernel[] = [
  kernel<Gelu>(
    'QuickGelu',
    { x: onlyFloat },
    ({ inputs: { x }, backend }) => {
      const y = backend.make(x.shape, 'float32');
      backend.launch('quick_gelu', [x, y], [util.sizeFromShape(x.shape)]);
      return y;
    },
    { needs: ['quick_gelu'] },
  ),
  kernel<Gelu & { dy: TensorInfo }>(
    'QuickGeluGradient',
    { x: onlyFloat, dy: onlyFloat },
    ({ inputs: { dy, x }, backend }) => {
      expectShape('QuickGeluGradient', 'dy', dy, x.shape, 'that of x');
      const dx = backend.make(x.shape, 'float32');
      backend.launch('quick_gelu_gradient', [dy, x, dx], [util.sizeFromShape(x.shape)]);
      return dx;
    },
    { needs: ['quick_gelu_gradient'] },
  ),
  kernel<BiasGelu>(
    'BiasQuickGelu',
    { x: onlyFloat, bias: onlyFloat },
    ({ inputs: { x, bias }, backend }) => {
      const { rows, width } = rowsOf(x);
      expectShape('BiasQuickGelu', 'bias', bias, [width], 'the last axis of x');
      const y = backend.make(x.shape, 'float32');
      backend.launch('bias_quick_gelu', [x, bias, y], [rows, width]);
      return y;
    },
    { needs: ['bias_quick_gelu'] },
  ),
  kernel<BiasGelu & { dy: TensorInfo }>(
    'BiasQuickGeluGradient',
    { x: onlyFloat, bias: onlyFloat, dy: onlyFloat },
    ({ inputs: { dy, x, bias }, backend }) => {
      const { rows, width } = rowsOf(x);
      expectShape('BiasQuickGeluGradient', 'dy', dy, x.shape, 'that of x');
      expectShape('BiasQuickGeluGradient', 'bias', bias, [width], 'the last axis of x');
      const dx = backend.make(x.shape, 'float32');
      const dBias = backend.make([width], 'float32');
      backend.launchInWorkspace('bias_quick_gelu_gradient', [dy, x, bias, dx, dBias], [rows, width]);
      return [dx, dBias];
    },
    { needs: ['bias_quick_gelu_gradient'] },
  ),
];
