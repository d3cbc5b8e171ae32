/** What kernels ask of shapes before a device reads so many numbers. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';

/** @throws RangeError if a tensor has another rank */
export function expectRank(op: string, argument: string, { shape }: TensorInfo, rank: number): void {
  if (shape.length !== rank)
    throw new RangeError(`${op}: ${argument} must be of rank ${rank}; got the shape [${shape}].`);
}

/** @throws RangeError if a tensor has another shape; `meaning` says where the expected one comes from */
export function expectShape(
  op: string,
  argument: string,
  { shape }: TensorInfo,
  expected: readonly number[],
  meaning: string,
): void {
  if (util.arraysEqual(shape, expected as number[])) return;
  throw new RangeError(
    `${op}: ${argument} must have the shape [${expected}] (${meaning}); got the shape [${shape}].`,
  );
}

/** @throws RangeError unless a number is whole and from `least` to `most` */
export function expectWhole(
  op: string,
  argument: string,
  value: number,
  least = 0,
  most = 2 ** 31 - 1,
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${op}: ${argument} must be a whole number from ${least} to ${most}; got ${value}.`);
}
