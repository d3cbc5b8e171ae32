import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { expectRank, expectShape, expectWhole } from './expect-shape.ts';

interface Normalization {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

function launch(
  backend: DeviceBackend,
  name: string,
  tensors: readonly [TensorInfo, ...TensorInfo[]],
  { depthRadius, bias, alpha, beta }: Normalization,
): TensorInfo {
  const [x] = tensors;
  expectRank('LRN', 'x', x, 4);
  expectWhole('LRN', 'depthRadius', depthRadius);
  const output = backend.make(x.shape, 'float32');
  const size = util.sizeFromShape(x.shape);
  const channels = x.shape.at(-1) ?? 1;
  const numbers = [size / channels, channels, depthRadius, bias, alpha, beta];
  if (size > 0) backend.launch(name, [...tensors, output], numbers);
  return output;
}

/** `LRN` and its gradient: local response normalisation. */
export const responseNormKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, Normalization>(
    'LRN',
    { x: asFloat },
    ({ inputs, attributes, backend }) => launch(backend, 'response_norm', [inputs.x], attributes),
    { gives: 'x' },
  ),
  kernel<{ x: TensorInfo; y: TensorInfo; dy: TensorInfo }, Normalization>(
    'LRNGrad',
    { x: asFloat, y: asFloat, dy: asFloat },
    ({ inputs: { x, y, dy }, attributes, backend }) => {
      expectShape('LRNGrad', 'y', y, x.shape, 'that of x');
      expectShape('LRNGrad', 'dy', dy, x.shape, 'that of x');
      return launch(backend, 'response_norm_gradient', [x, y, dy], attributes);
    },
    { gives: 'x' },
  ),
];
