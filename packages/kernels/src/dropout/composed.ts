import type { Tensor } from '@tensorflow/tfjs-core';
import { mul, tensor } from '@tensorflow/tfjs-core';
import type { MaskSource } from './mask.ts';
import { dropoutMask } from './mask.ts';

/** Inputs of the kernel `Dropout`: x of any shape. */
export type DropoutInputs = { x: Tensor };

/** The mask is made on the host and multiplied in: it is the same on all backends. */
export function composedDropout({ x }: DropoutInputs, source: MaskSource): Tensor {
  return mul(x, tensor(dropoutMask(x.size, source), x.shape, 'float32'));
}
