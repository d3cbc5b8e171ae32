/** Takes each cell from one of two tensors. */
import { type TensorInfo, upcastType, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { bytesOf, storageOf } from '../storage.ts';
import { cast, withCasts } from './cast.ts';
import { refuseComplex } from './complex.ts';

/** Cells of `yes` where the condition holds, else of `no`. A condition of one axis chooses whole rows. */
function select(backend: DeviceBackend, condition: TensorInfo, yes: TensorInfo, no: TensorInfo): TensorInfo {
  refuseComplex('Select', condition, yes, no);
  const dtype = upcastType(yes.dtype, no.dtype);
  const output = backend.make(yes.shape, dtype);
  const size = util.sizeFromShape(yes.shape);
  if (size === 0) return output;
  const isRows = condition.shape.length === 1 && yes.shape.length > 1;
  const width = isRows ? size / (condition.shape[0] ?? 1) : 1;
  const truth = cast(backend, condition, 'bool');
  withCasts(backend, [yes, no], dtype, (left = yes, right = no) =>
    backend.launch('select', [truth, left, right, output], [bytesOf[storageOf(dtype)], size, width]),
  );
  backend.release(truth);
  return output;
}

/** `Select`. */
export const selectKernels: readonly BackendKernel[] = [
  kernel<{ condition: TensorInfo; t: TensorInfo; e: TensorInfo }>('Select', ({ inputs, backend }) =>
    select(backend, inputs.condition, inputs.t, inputs.e),
  ),
];
