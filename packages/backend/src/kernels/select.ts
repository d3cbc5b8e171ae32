/** Takes each cell from one of two tensors. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asIs, onlyTruth } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { bytesOf } from '../storage.ts';
import { expectShape } from './expect-shape.ts';

/** Cells of `yes` where the condition holds, else of `no`. A condition of one axis chooses whole rows. */
function select(backend: DeviceBackend, condition: TensorInfo, yes: TensorInfo, no: TensorInfo): TensorInfo {
  expectShape('Select', 'e', no, yes.shape, 'that of t');
  const isRows = condition.shape.length === 1 && yes.shape.length > 1;
  const shape = isRows ? yes.shape.slice(0, 1) : yes.shape;
  expectShape('Select', 'condition', condition, shape, 'that of t, or its first axis');
  const output = backend.make(yes.shape, yes.dtype);
  const size = util.sizeFromShape(yes.shape);
  if (size === 0) return output;
  const numbers = [bytesOf[backend.storageOf(yes)], size, size / util.sizeFromShape(shape)];
  backend.launch('select', [condition, yes, no, output], numbers);
  return output;
}

/** `Select`. */
export const selectKernels: readonly BackendKernel[] = [
  kernel<{ condition: TensorInfo; t: TensorInfo; e: TensorInfo }>(
    'Select',
    { condition: onlyTruth, t: asIs, e: asIs },
    ({ inputs, backend }) => select(backend, inputs.condition, inputs.t, inputs.e),
    { alike: { inputs: ['t', 'e'], to: 'widest' } },
  ),
];
