import type { Tensor } from '@tensorflow/tfjs-core';
import { cast, mul, tensor, where, zerosLike } from '@tensorflow/tfjs-core';
import type { MaskSource } from './mask.ts';
import { dropoutMask } from './mask.ts';

/** Inputs of the kernel `Dropout`: x of any shape. */
export type DropoutInputs = { x: Tensor };

/** The mask is made on the host, the same on all backends. A cell that goes is 0 whatever it was, and 0 × NaN is not. */
export function composedDropout({ x }: DropoutInputs, source: MaskSource): Tensor {
  const factors = tensor(dropoutMask(x.size, source), x.shape, 'float32');
  return where(cast(factors, 'bool'), mul(x, factors), zerosLike(x));
}
