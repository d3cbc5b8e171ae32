/** State as named tensors on the host: how optimisers and averages are saved, and how what comes back is checked. */
import { type Tensor, tensor, tidy, util, type Variable, variable } from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.ts';

/** One tensor of a saved state; fits the tensors of a safetensors file. */
export type SavedTensor =
  | {
      /** 32-bit floats. */
      readonly dtype: 'F32';
      /** Sizes of the axes. */
      readonly shape: readonly number[];
      /** Row-major values. */
      readonly values: Float32Array;
    }
  | {
      /** 32-bit signed whole numbers. */
      readonly dtype: 'I32';
      /** Empty: only counters are whole numbers. */
      readonly shape: readonly number[];
      /** Row-major values. */
      readonly values: Int32Array;
    };

/** Downloads tensors by name. Copies: some backends hand out the very memory that they compute in. */
export async function downloadTensors(
  tensors: ReadonlyMap<string, Tensor>,
): Promise<Map<string, SavedTensor>> {
  const download = async ([name, one]: [string, Tensor]): Promise<[string, SavedTensor]> => {
    const values = Float32Array.from(await one.data());
    return [name, { dtype: 'F32', shape: [...one.shape], values }];
  };
  return new Map(await Promise.all([...tensors].map(download)));
}

/** Uploads values into a new variable. Copies, since some backends compute in the very memory they are handed. */
export function uploadVariable(values: Float32Array, shape: readonly number[]): Variable {
  return tidy(() => variable(tensor(values.slice(), [...shape], 'float32'), false));
}

/** A counter as it is saved. */
export function savedCount(count: number): SavedTensor {
  return { dtype: 'I32', shape: [], values: Int32Array.of(count) };
}

/** Reads a counter of a saved state. */
export function readCount(where: string, state: ReadonlyMap<string, SavedTensor>, name: string): number {
  const found = state.get(name);
  const count = found?.values[0];
  if (found?.dtype !== 'I32' || found.shape.length !== 0 || count === undefined || count < 0) {
    throw stateError(where, name, 'expected a scalar of dtype I32, >= 0');
  }
  return count;
}

/**
 * Reads tensors of a saved state, which must hold them, the counter, and nothing else. A state of no steps may hold the counter
 * alone: what never ran has no tensors.
 */
export function readTensors(
  where: string,
  state: ReadonlyMap<string, SavedTensor>,
  counter: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): Map<string, Float32Array> {
  for (const name of state.keys()) {
    if (name !== counter && !shapes.has(name))
      throw stateError(where, name, 'not expected here; is the state of another model?');
  }
  if (readCount(where, state, counter) === 0 && state.size === 1) return new Map();
  return new Map([...shapes].map(([name, shape]) => [name, readValues(where, state, name, shape)]));
}

function readValues(
  where: string,
  state: ReadonlyMap<string, SavedTensor>,
  name: string,
  shape: readonly number[],
): Float32Array {
  const found = state.get(name);
  if (found === undefined) throw stateError(where, name, 'missing; is the state of another model?');
  if (found.dtype !== 'F32') throw stateError(where, name, `expected dtype F32; got ${found.dtype}`);
  if (!isSameShape(found.shape, shape)) {
    throw stateError(where, name, `expected shape [${shape}]; got [${found.shape}]`);
  }
  if (found.values.length !== util.sizeFromShape([...shape])) {
    throw stateError(where, name, `shape [${shape}] does not hold ${found.values.length} values`);
  }
  const place = found.values.findIndex((value) => !Number.isFinite(value));
  if (place >= 0)
    throw stateError(where, name, `expected finite numbers; got ${found.values[place]} at place ${place}`);
  return found.values;
}

/** Have both the same sizes on all axes? */
export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function stateError(where: string, name: string, fault: string): TrainingError {
  return new TrainingError(`${where}: tensor ${JSON.stringify(name)}: ${fault}.`);
}
