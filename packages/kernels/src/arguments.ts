/** The checks that ops make on their arguments: each error says the operation, the argument, what was expected and what came. */
import type { DataType, Tensor } from '@tensorflow/tfjs-core';

/** Refuses a tensor of another dtype. */
export function requireDtype(operation: string, argument: string, tensor: Tensor, expected: DataType): void {
  if (tensor.dtype === expected) return;
  throw new TypeError(
    `${operation}: ${argument} must be ${expected}, but is ${tensor.dtype}. Convert it with tf.cast(${argument}, '${expected}').`,
  );
}

/** Refuses a tensor of another shape; `meaning` says where the expected shape comes from. */
export function requireShape(
  operation: string,
  argument: string,
  tensor: Tensor,
  expected: readonly number[],
  meaning: string,
): void {
  const same = tensor.rank === expected.length && expected.every((size, axis) => size === tensor.shape[axis]);
  if (same) return;
  throw new RangeError(
    `${operation}: ${argument} must have the shape [${expected}] (${meaning}), but has [${tensor.shape}].`,
  );
}

/** Refuses a tensor without a last axis, or with an empty one. */
export function requireLastAxis(operation: string, argument: string, tensor: Tensor): void {
  if (tensor.rank >= 1 && lastSize(tensor) > 0) return;
  throw new RangeError(
    `${operation}: ${argument} must have a last axis of size 1 or more, but has the shape [${tensor.shape}].`,
  );
}

/** The size of the last axis. */
export function lastSize(tensor: Tensor): number {
  return tensor.shape[tensor.rank - 1] ?? 1;
}
