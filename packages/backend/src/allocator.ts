/**
 * Keeps freed memory for the next tensor of its size: a training step asks for the same sizes again and again, and memory that is new to a
 * process costs more to touch than to compute with.
 *
 * Sizes are rounded up to an eighth of a power of two, so at most an eighth is wasted and sizes that are nearly equal share blocks. Of a
 * device that watches over its memory it asks for exact sizes, and keeps nothing: what is freed must be free there.
 *
 * What is kept is given back when the device has no more, and when it is more than was ever in use: a program whose sizes change from step to
 * step must not collect blocks of all of them.
 */
import { type Address, type Device, DeviceMemoryError } from './device.ts';

/** What the allocator holds, in bytes. */
export interface AllocatorMemory {
  /** In use by tensors. */
  readonly used: number;
  /** The most that was ever in use at once since `resetPeak`. */
  readonly peak: number;
  /** Freed, and kept for reuse. */
  readonly kept: number;
  /** Blocks in use. */
  readonly blocks: number;
}

/** Hands out a device's memory. */
export interface Allocator {
  /** Memory of at least so many bytes; `purpose` names the asker in an error. */
  allocate(bytes: number, purpose: string): Address;
  /** Takes memory back. */
  free(address: Address): void;
  /** What it holds. */
  memory(): AllocatorMemory;
  /** Lets the peak begin anew from what is in use now. */
  resetPeak(): void;
  /** Gives all kept blocks back to the device. */
  releaseKept(): void;
}

/** Small blocks share one size. */
const smallestBlock = 64;

/** So much may always be kept. */
const keptAnyway = 64 * 2 ** 20;

/** The size of the block for so many bytes. */
export function blockSize(bytes: number): number {
  if (bytes <= smallestBlock) return smallestBlock;
  const step = Math.max(smallestBlock, 2 ** Math.floor(Math.log2(bytes - 1)) / 8);
  return Math.ceil(bytes / step) * step;
}

/** An allocator over a device's own. */
export function cachingAllocator(device: Device): Allocator {
  const sizes = new Map<Address, number>();
  const keptBySize = new Map<number, Address[]>();
  let used = 0;
  let peak = 0;
  let kept = 0;

  const releaseKept = () => {
    for (const addresses of keptBySize.values()) for (const address of addresses) device.free(address);
    keptBySize.clear();
    kept = 0;
  };
  const fromDevice = (size: number, purpose: string): Address => {
    if (kept > peak + keptAnyway) releaseKept();
    try {
      return device.allocate(size);
    } catch (error) {
      if (!(error instanceof DeviceMemoryError)) throw error;
      if (kept === 0) throw new DeviceMemoryError(`${purpose}: ${error.message}`, { cause: error });
      releaseKept();
      return fromDevice(size, purpose);
    }
  };
  const keep = (address: Address, size: number) => {
    kept += size;
    const waiting = keptBySize.get(size);
    if (waiting) waiting.push(address);
    else keptBySize.set(size, [address]);
  };
  return {
    allocate: (bytes, purpose) => {
      const size = device.isChecked ? bytes : blockSize(bytes);
      const waiting = keptBySize.get(size)?.pop();
      if (waiting !== undefined) kept -= size;
      const address = waiting ?? fromDevice(size, purpose);
      sizes.set(address, size);
      used += size;
      peak = Math.max(peak, used);
      return address;
    },
    free: (address) => {
      const size = sizes.get(address);
      if (size === undefined) throw new Error(`Allocator: ${address} is no block in use.`);
      sizes.delete(address);
      used -= size;
      if (device.isChecked) device.free(address);
      else keep(address, size);
    },
    memory: () => ({ used, peak, kept, blocks: sizes.size }),
    resetPeak: () => {
      peak = used;
    },
    releaseKept,
  };
}
