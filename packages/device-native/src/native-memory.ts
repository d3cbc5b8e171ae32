/** The machine's memory, as the library hands it out, and copies between it and JavaScript's. */
import { type Address, type Device, DeviceMemoryError } from '@sparse-transformers/backend';
import type { NativeLibrary } from './library.ts';

/** The part of a device that is memory. */
export type NativeMemory = Pick<Device, 'allocate' | 'free' | 'upload' | 'downloadSync' | 'memory'> & {
  /** Frees all that is in use. */
  freeAll(): void;
};

/** Memory of this machine. What is in use is known here, so that nothing is freed twice, left behind, or copied over its end. */
export function nativeMemory(library: NativeLibrary): NativeMemory {
  const allocateMemory = library.function('double memory_allocate(double)') as (bytes: number) => number;
  const freeMemory = library.function('void memory_free(double)') as (address: Address) => void;
  const copyIn = library.function('void memory_copy_in(double, const void *, double)');
  const copyOut = library.function('void memory_copy_out(void *, double, double)');
  const sizes = new Map<Address, number>();
  let allocated = 0;

  const sizeOf = (address: Address, bytes: number): number => {
    const size = sizes.get(address);
    if (size === undefined) throw new Error(`The native device: no memory in use begins at ${address}.`);
    if (bytes > size) throw new RangeError(`The native device: a copy of ${bytes} bytes, where ${size} are.`);
    return size;
  };
  return {
    allocate: (bytes) => {
      const address = allocateMemory(bytes);
      if (address === 0) throw new DeviceMemoryError(noMemory(bytes, allocated));
      sizes.set(address, bytes);
      allocated += bytes;
      return address;
    },
    free: (address) => {
      allocated -= sizeOf(address, 0);
      sizes.delete(address);
      freeMemory(address);
    },
    freeAll: () => {
      for (const address of sizes.keys()) freeMemory(address);
      sizes.clear();
      allocated = 0;
    },
    upload: (address, values) => {
      sizeOf(address, values.byteLength);
      copyIn(address, values, values.byteLength);
    },
    downloadSync: (address, bytes) => {
      sizeOf(address, bytes);
      const copy = new ArrayBuffer(bytes);
      copyOut(copy, address, bytes);
      return copy;
    },
    memory: () => ({ allocated, limit: Number.POSITIVE_INFINITY }),
  };
}

const noMemory = (bytes: number, allocated: number) =>
  `${bytes} bytes were asked for, ${allocated} are in use, and the machine gives no more. ` +
  'Make the batch, the length or the model smaller, or close other programs.';
