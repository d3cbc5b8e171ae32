/** The shape that two shapes broadcast to. Shapes are a few numbers, and an error depends on them: the host does it, and waits. */
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';

/** `BroadcastArgs`. */
export const broadcastArgsKernels: readonly BackendKernel[] = [
  kernel<{ s0: TensorInfo; s1: TensorInfo }>(
    'BroadcastArgs',
    { s0: onlyInt, s1: onlyInt },
    ({ inputs: { s0, s1 }, backend }) => {
      const shapes = [s0, s1].map((tensor) => Array.from(backend.valuesOf(tensor) as Int32Array));
      const [first = [], second = []] = shapes;
      const shape = backend_util.assertAndGetBroadcastShape(first, second);
      return backend.makeFrom(Int32Array.from(shape), [shape.length], 'int32');
    },
  ),
];
