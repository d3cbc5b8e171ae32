import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { onlyFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { expectShape } from './expect-shape.ts';
import { rowPieces, rowsOf, withScratch } from './row-pieces.ts';

type Gelu = { x: TensorInfo };
type BiasGelu = { x: TensorInfo; bias: TensorInfo };

/** `QuickGelu`, `BiasQuickGelu` and their gradients of packages/kernels. */
export const quickGeluKernels: readonly BackendKernel[] = [
  kernel<Gelu>('QuickGelu', { x: onlyFloat }, ({ inputs: { x }, backend }) => {
    const y = backend.make(x.shape, 'float32');
    backend.launch('quick_gelu', [x, y], [util.sizeFromShape(x.shape)]);
    return y;
  }),
  kernel<Gelu & { dy: TensorInfo }>(
    'QuickGeluGradient',
    { x: onlyFloat, dy: onlyFloat },
    ({ inputs: { dy, x }, backend }) => {
      expectShape('QuickGeluGradient', 'dy', dy, x.shape, 'that of x');
      const dx = backend.make(x.shape, 'float32');
      backend.launch('quick_gelu_gradient', [dy, x, dx], [util.sizeFromShape(x.shape)]);
      return dx;
    },
  ),
  kernel<BiasGelu>('BiasQuickGelu', { x: onlyFloat, bias: onlyFloat }, ({ inputs: { x, bias }, backend }) => {
    const { rows, width } = rowsOf(x);
    expectShape('BiasQuickGelu', 'bias', bias, [width], 'the last axis of x');
    const y = backend.make(x.shape, 'float32');
    backend.launch('bias_quick_gelu', [x, bias, y], [rows, width]);
    return y;
  }),
  kernel<BiasGelu & { dy: TensorInfo }>(
    'BiasQuickGeluGradient',
    { x: onlyFloat, bias: onlyFloat, dy: onlyFloat },
    ({ inputs: { dy, x, bias }, backend }) => {
      const { rows, width, pieceRows, pieces } = rowPieces(x);
      expectShape('BiasQuickGeluGradient', 'dy', dy, x.shape, 'that of x');
      expectShape('BiasQuickGeluGradient', 'bias', bias, [width], 'the last axis of x');
      const dx = backend.make(x.shape, 'float32');
      const dBias = backend.make([width], 'float32');
      withScratch(backend, pieces * width, 'the gradient of biasQuickGelu', (scratch) => {
        const tensors = [dy, x, bias, scratch, dx, dBias];
        backend.launch('bias_quick_gelu_gradient', tensors, [rows, width, pieceRows]);
      });
      return [dx, dBias];
    },
  ),
];
