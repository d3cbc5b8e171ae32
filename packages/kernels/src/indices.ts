/**
 * Indices from outside are hostile: one beyond the table must never read memory that is not the table's.
 *
 * The stock `cpu`, `wasm` and `tensorflow` backends keep integers within reach of the host, so there a bad index is
 * refused by its value. On a backend of a device, reading would make every step wait for the device: there the index is
 * clipped into the table before use and what comes out is NaN, which can't be overlooked. A fused kernel that looks at the
 * indices itself throws the same error.
 */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { add, cast, clipByValue, engine, equal, fill, where, zeros } from '@tensorflow/tfjs-core';

const hostBackends: ReadonlySet<string> = new Set(['cpu', 'wasm', 'tensorflow']);

/** Throws if an index is outside 0 … limit − 1 and the backend lets the host see it. */
export function requireIndices(operation: string, argument: string, indices: Tensor, limit: number): void {
  if (!hostBackends.has(engine().backendName)) return;
  const values = indices.dataSync();
  for (let position = 0; position < values.length; position++) {
    const index = values[position] ?? Number.NaN;
    if (index >= 0 && index < limit) continue;
    throw indexError(operation, argument, { position, index, limit });
  }
}

/** An index outside 0 … limit − 1, and its place in the tensor. */
export interface BadIndex {
  /** Its place. */
  readonly position: number;
  /** Itself. */
  readonly index: number;
  /** The first number that is too large. */
  readonly limit: number;
}

/** The error for an index outside its table; a backend whose kernels find it throws the same. */
export function indexError(
  operation: string,
  argument: string,
  { position, index, limit }: BadIndex,
): RangeError {
  return new RangeError(
    `${operation}: ${argument} must be from 0 to ${limit - 1}, but number ${position} of them is ${index}.`,
  );
}

/** Indices safe to use, and what to add to the result of each: 0, or NaN where the index was bad. */
export interface SafeIndices {
  /** Each from 0 to limit − 1. */
  readonly indices: Tensor1D;
  /** `[indices]`, or null where the host has refused bad indices already. */
  readonly poison: Tensor1D | null;
}

/** Flattens the indices and keeps them within 0 … limit − 1. */
export function safeIndices(indices: Tensor1D, limit: number): SafeIndices {
  if (hostBackends.has(engine().backendName)) return { indices, poison: null };
  const clipped = cast(clipByValue(indices, 0, limit - 1), 'int32');
  const isGood = equal(clipped, indices);
  const poison = where(isGood, zeros(indices.shape), fill(indices.shape, Number.NaN));
  return { indices: clipped, poison: poison as Tensor1D };
}

/** `values` plus the poison, whose shape is given as the leading axes of `values`. */
export function poisoned<T extends Tensor>(values: T, poison: Tensor | null): T {
  return poison ? add<T>(values, poison) : values;
}
