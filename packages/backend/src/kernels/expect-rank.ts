import type { TensorInfo } from '@tensorflow/tfjs-core';

/** @throws RangeError if a tensor has another rank */
export function expectRank(op: string, argument: string, { shape }: TensorInfo, rank: number): void {
  if (shape.length !== rank)
    throw new RangeError(`${op}: ${argument} must be of rank ${rank}; got the shape [${shape}].`);
}
