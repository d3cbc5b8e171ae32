/**
 * Hands out pieces of a WebAssembly memory. What is free and what is used is kept on this side, so a kernel that writes too far can spoil
 * numbers but never the bookkeeping.
 */
import { type Address, DeviceMemoryError } from '@sparse-transformers/backend';

/** Hands out memory. */
export interface LinearMemory {
  /** Memory of at least so many bytes, at a multiple of 64. */
  allocate(bytes: number): Address;
  /** Takes it back. */
  free(address: Address): void;
  /** Bytes in use. */
  allocated(): number;
}

interface Gap {
  address: number;
  bytes: number;
}

const alignment = 64;
const pageBytes = 65536;

/** Everything from `start` on; the memory grows when it has to. */
export function linearMemory(memory: WebAssembly.Memory, start: number, mostBytes: number): LinearMemory {
  const first = Math.ceil(start / alignment) * alignment;
  const gaps: Gap[] = [{ address: first, bytes: memory.buffer.byteLength - first }];
  const used = new Map<Address, number>();
  let allocated = 0;

  const grow = (bytes: number): void => {
    const end = memory.buffer.byteLength;
    const last = gaps.at(-1);
    const open = last !== undefined && last.address + last.bytes === end ? last : undefined;
    const missing = bytes - (open?.bytes ?? 0);
    const comfortable = Math.min(Math.max(missing, end / 4), mostBytes - end);
    if (comfortable < missing || !tryGrow(memory, comfortable, missing)) {
      throw new DeviceMemoryError(
        `${bytes} bytes were asked for, ${allocated} are in use, and WebAssembly can't have more than ${mostBytes}. ` +
          "Make the batch, the length or the model smaller, or use the engine 'native', which has all of the machine's memory.",
      );
    }
    const added = memory.buffer.byteLength - end;
    if (open) open.bytes += added;
    else gaps.push({ address: end, bytes: added });
  };
  const take = (bytes: number): Address | undefined => {
    const index = gaps.findIndex((gap) => gap.bytes >= bytes);
    const gap = gaps[index];
    if (gap === undefined) return undefined;
    const { address } = gap;
    gap.address += bytes;
    gap.bytes -= bytes;
    if (gap.bytes === 0) gaps.splice(index, 1);
    return address;
  };
  return {
    allocate: (bytes) => {
      const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
      let address = take(size);
      if (address === undefined) {
        grow(size);
        address = take(size);
      }
      if (address === undefined) throw new Error('linearMemory: grew, and still has no gap.');
      used.set(address, size);
      allocated += size;
      return address;
    },
    free: (address) => {
      const bytes = used.get(address);
      if (bytes === undefined) throw new Error(`linearMemory: ${address} is not in use.`);
      used.delete(address);
      allocated -= bytes;
      giveBack(gaps, address, bytes);
    },
    allocated: () => allocated,
  };
}

function tryGrow(memory: WebAssembly.Memory, comfortable: number, missing: number): boolean {
  for (const bytes of [comfortable, missing]) {
    try {
      memory.grow(Math.ceil(bytes / pageBytes));
      return true;
    } catch {
      // Less may still be had.
    }
  }
  return false;
}

/** Puts a gap back in its place and joins it with its neighbours. */
function giveBack(gaps: Gap[], address: number, bytes: number): void {
  let low = 0;
  let high = gaps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (gaps[middle]!.address < address) low = middle + 1;
    else high = middle;
  }
  gaps.splice(low, 0, { address, bytes });
  for (const index of [low, low - 1]) {
    const gap = gaps[index];
    const next = gaps[index + 1];
    if (gap && next && gap.address + gap.bytes === next.address) {
      gap.bytes += next.bytes;
      gaps.splice(index + 1, 1);
    }
  }
}
