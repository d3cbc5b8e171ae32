import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';

/** A kernel's answer that names a bad number among places, each of which is `rank` numbers. */
export interface BadPlace {
  /** 1 + the place of the bad number. */
  readonly answer: number;
  /** All places. */
  readonly indices: TensorInfo;
  /** Numbers of one place. */
  readonly rank: number;
  /** The shape that they point into. */
  readonly shape: readonly number[];
}

/** The error for a place outside a tensor. */
export function placeError(
  backend: DeviceBackend,
  op: string,
  { answer, indices, rank, shape }: BadPlace,
): RangeError {
  const place = Math.floor((answer - 1) / rank);
  const numbers = [...backend.valuesOf(indices)].slice(place * rank, (place + 1) * rank);
  return new RangeError(
    `${op}: Invalid indices: [${numbers}], number ${place} of them, does not index into [${shape}].`,
  );
}
