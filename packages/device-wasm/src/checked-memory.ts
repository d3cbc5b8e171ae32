/**
 * Memory with red zones, to find kernels that write where they must not. An overrun in WebAssembly stops nothing: it silently spoils a
 * neighbour. Here each piece lies between two zones of a known pattern, its content begins as NaN and is NaN again when it is free.
 *
 * WebAssembly can't trap a read, but what is read beyond the end of a piece is no plausible number.
 */
import type { Address } from '@sparse-transformers/backend';
import type { LinearMemory } from './linear-memory.ts';

/** Linear memory that can be looked through. */
export interface CheckedMemory extends LinearMemory {
  /**
   * Looks at all red zones.
   * @throws Error that names `culprit`, the piece, and how far the first wrong byte is from it
   */
  check(culprit: string): void;
  /**
   * Looks whether a piece begins at this address and has so many bytes.
   * @throws Error that names `culprit`
   */
  checkUse(culprit: string, address: Address, bytes: number): void;
}

/** Bytes before and after each piece. A multiple of 64. */
const zoneBytes = 256;
const zonePattern = 0xa5;
/** All ones: NaN as a float, −1 as an integer. */
const nothingPattern = 0xff;

/** Red zones around all pieces of an inner memory. */
export function checkedMemory(memory: WebAssembly.Memory, inner: LinearMemory): CheckedMemory {
  const pieces = new Map<Address, number>();
  const bytesAt = (address: Address, bytes: number) => new Uint8Array(memory.buffer, address, bytes);
  /** What follows a piece up to the end of its zone: it begins at the very next byte. */
  const zoneAfter = (address: Address, bytes: number) =>
    bytesAt(address + bytes, Math.ceil(bytes / 64) * 64 - bytes + zoneBytes);

  const checkPiece = (culprit: string, address: Address, bytes: number) => {
    const before = firstWrong(bytesAt(address - zoneBytes, zoneBytes));
    if (before >= 0)
      throw overrun(culprit, address, bytes, `up to ${inBytes(zoneBytes - before)} before its begin`);
    const after = firstWrong(zoneAfter(address, bytes));
    if (after >= 0) throw overrun(culprit, address, bytes, `from ${inBytes(after + 1)} after its end on`);
  };
  return {
    allocate: (bytes) => {
      const start = inner.allocate(bytes + 2 * zoneBytes + 63);
      const address = start + zoneBytes;
      bytesAt(start, zoneBytes).fill(zonePattern);
      bytesAt(address, bytes).fill(nothingPattern);
      zoneAfter(address, bytes).fill(zonePattern);
      pieces.set(address, bytes);
      return address;
    },
    free: (address) => {
      const bytes = pieces.get(address);
      if (bytes === undefined) throw new Error(`free: ${address} is no memory in use.`);
      checkPiece('free', address, bytes);
      pieces.delete(address);
      bytesAt(address, bytes).fill(nothingPattern);
      inner.free(address - zoneBytes);
    },
    allocated: () => inner.allocated(),
    check: (culprit) => {
      for (const [address, bytes] of pieces) checkPiece(culprit, address, bytes);
    },
    checkUse: (culprit, address, bytes) => {
      const size = pieces.get(address);
      if (size === undefined) throw new Error(`${culprit}: ${address} is no memory in use.`);
      if (bytes > size) throw new Error(`${culprit}: ${bytes} bytes in a piece of ${size} bytes.`);
    },
  };
}

/** The place of the first byte that is not of the pattern; −1 if all are. A plain loop: it runs over all zones after each launch. */
function firstWrong(zone: Uint8Array): number {
  for (let index = 0; index < zone.length; index++) if (zone[index] !== zonePattern) return index;
  return -1;
}

const inBytes = (count: number) => `${count} byte${count === 1 ? '' : 's'}`;

function overrun(culprit: string, address: Address, bytes: number, where: string): Error {
  return new Error(`${culprit} wrote outside of the ${bytes} bytes at ${address}: ${where}.`);
}
