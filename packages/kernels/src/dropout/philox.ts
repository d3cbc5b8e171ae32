/**
 * Philox4x32-10, a counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
 *
 * Block b of a stream is a pure function of (key, counter, b), so a mask can be replayed instead of kept, in any order
 * and on any device. It runs on the host in exact integers: stock backends multiply int32 in different ways, and the
 * same seed must give the same bits on all of them.
 */

const multiplierEven = 0xd2511f53;
const multiplierOdd = 0xcd9e8d57;
const weylEven = 0x9e3779b9;
const weylOdd = 0xbb67ae85;
const rounds = 10;

/** Encrypts the four counter words in place under the two key words. */
export function philox(words: Uint32Array, keyLow: number, keyHigh: number): void {
  let even = keyLow;
  let odd = keyHigh;
  for (let round = 0; round < rounds; round++) {
    const first = words[0]!;
    const third = words[2]!;
    words[0] = highProduct(multiplierOdd, third) ^ words[1]! ^ even;
    words[1] = Math.imul(multiplierOdd, third);
    words[2] = highProduct(multiplierEven, first) ^ words[3]! ^ odd;
    words[3] = Math.imul(multiplierEven, first);
    even = (even + weylEven) | 0;
    odd = (odd + weylOdd) | 0;
  }
}

/** The upper 32 bits of a product of two 32-bit numbers, from 16-bit halves. */
function highProduct(a: number, b: number): number {
  const low = (a & 0xffff) * (b & 0xffff);
  const middle = (a >>> 16) * (b & 0xffff) + (low >>> 16);
  const carry = ((a & 0xffff) * (b >>> 16) + (middle & 0xffff)) >>> 16;
  return (a >>> 16) * (b >>> 16) + (middle >>> 16) + carry;
}
