/** How numbers lie in a device's memory. It is a matter of the device, apart from the dtype that TensorFlow.js sees. */
import type { BackendValues, DataType } from '@tensorflow/tfjs-core';

/** Storage types: `u8` holds TensorFlow.js's bool. */
export type Storage = 'f32' | 'i32' | 'u8';

/** Bytes of one number. */
export const bytesOf: Readonly<Record<Storage, number>> = { f32: 4, i32: 4, u8: 1 };

/** How a dtype is stored unless somebody chooses otherwise; complex and string tensors have no memory of their own. */
export function storageOf(dtype: DataType): Storage {
  switch (dtype) {
    case 'float32':
      return 'f32';
    case 'int32':
      return 'i32';
    case 'bool':
      return 'u8';
    default:
      throw new TypeError(`A tensor of dtype ${dtype} has no memory on a device.`);
  }
}

/** The array of a storage type over downloaded bytes. */
export function arrayOf(storage: Storage, bytes: ArrayBuffer): Float32Array | Int32Array | Uint8Array {
  if (storage === 'f32') return new Float32Array(bytes);
  return storage === 'i32' ? new Int32Array(bytes) : new Uint8Array(bytes);
}

/** A number of the host as a typed array of a dtype stores it. */
export function asStored(value: number, dtype: DataType): number {
  if (dtype === 'float32') return value;
  return dtype === 'int32' ? value | 0 : value & 255;
}

/** Values in the array type of their storage; TensorFlow.js hands over plain arrays and arrays of other types too. */
export function hostArray(
  values: BackendValues,
  storage: Storage,
  shape: readonly number[],
  size: number,
): ArrayBufferView {
  const numbers = values as ArrayLike<number>;
  if (numbers.length !== size)
    throw new RangeError(`A tensor of shape [${shape}] has ${size} values; ${numbers.length} were given.`);
  if (storage === 'f32') return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
  if (storage === 'i32') return numbers instanceof Int32Array ? numbers : Int32Array.from(numbers);
  return numbers instanceof Uint8Array ? numbers : Uint8Array.from(numbers);
}
