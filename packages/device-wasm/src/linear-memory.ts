/**
 * Hands out pieces of a WebAssembly memory. What is free and what is used is kept on this side, so a kernel that writes too far can spoil
 * numbers but never the bookkeeping.
 *
 * The smallest gap that is large enough is taken, the lowest of equals: training asks for few sizes, again and again.
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

/** Everything from `start` on, up to so many bytes; the memory grows when it has to. */
export function linearMemory(memory: WebAssembly.Memory, start: number, mostBytes: number): LinearMemory {
  const first = Math.ceil(start / alignment) * alignment;
  const gaps: Gap[] = [{ address: first, bytes: memory.buffer.byteLength - first }];
  const used = new Map<Address, number>();
  let allocated = 0;

  const refuse = (bytes: number, why: string): never => {
    const largest = gaps.reduce((most, gap) => Math.max(most, gap.bytes), 0);
    throw new DeviceMemoryError(
      `${inWords(bytes)} were asked for, ${inWords(allocated)} are in use, the largest free piece has ${inWords(largest)}, ${why}. ` +
        "Make the batch, the length or the model smaller, or use the engine 'native', which has all of the machine's memory.",
    );
  };
  const grow = (bytes: number): void => {
    const end = memory.buffer.byteLength;
    const last = gaps.at(-1);
    const open = last !== undefined && last.address + last.bytes === end ? last : undefined;
    const missing = bytes - (open?.bytes ?? 0);
    if (missing > mostBytes - end)
      refuse(bytes, `and WebAssembly can't have more than ${inWords(mostBytes)}`);
    const comfortable = Math.min(Math.max(missing, end / 4), mostBytes - end);
    if (!tryGrow(memory, comfortable, missing)) refuse(bytes, 'and the machine gives WebAssembly no more');
    const added = memory.buffer.byteLength - end;
    if (open) open.bytes += added;
    else gaps.push({ address: end, bytes: added });
  };
  return {
    allocate: (bytes) => {
      const size = sizeOf(bytes);
      let address = take(gaps, size);
      if (address === undefined) {
        grow(size);
        address = take(gaps, size)!;
      }
      used.set(address, size);
      allocated += size;
      return address;
    },
    free: (address) => {
      const bytes = used.get(address);
      if (bytes === undefined) throw new Error(`free: ${address} is no memory in use.`);
      used.delete(address);
      allocated -= bytes;
      giveBack(gaps, address, bytes);
    },
    allocated: () => allocated,
  };
}

function sizeOf(bytes: number): number {
  if (!(bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`allocate: a number of bytes is from 0 to 2⁵³ − 1; got ${bytes}.`);
  }
  return Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
}

/** Asks for a good deal, then for what is missing. */
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

/** Takes a piece out of the smallest gap that holds it. */
function take(gaps: Gap[], bytes: number): Address | undefined {
  let best = -1;
  for (let index = 0; index < gaps.length; index++) {
    const size = gaps[index]!.bytes;
    if (size >= bytes && (best < 0 || size < gaps[best]!.bytes)) best = index;
  }
  const gap = gaps[best];
  if (gap === undefined) return undefined;
  const { address } = gap;
  gap.address += bytes;
  gap.bytes -= bytes;
  if (gap.bytes === 0) gaps.splice(best, 1);
  return address;
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

/** A number of bytes for people: 1.5 GiB, 20 MiB, 640 bytes. */
export function inWords(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return step === 0
    ? `${bytes} bytes`
    : `${Number((bytes / 1024 ** step).toPrecision(3))} ${units[step - 1]}`;
}
