import { indexError } from '@sparse-transformers/kernels';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';

/** Whose indices a kernel looked at, and how far they may go. */
export interface CheckedIndices {
  /** The op, as its user knows it. */
  readonly operation: string;
  /** The argument's name. */
  readonly argument: string;
  /** The indices. */
  readonly indices: TensorInfo;
  /** The first number that is too large. */
  readonly limit: number;
}

/** Throws for a kernel's answer that names a bad index; gives the output otherwise. */
export function unlessBadIndex(
  backend: DeviceBackend,
  answer: number,
  output: TensorInfo,
  { operation, argument, indices, limit }: CheckedIndices,
): TensorInfo {
  if (answer === 0) return output;
  const position = answer - 1;
  const index = Number(backend.valuesOf(indices)[position]);
  throw indexError(operation, argument, { position, index, limit });
}
