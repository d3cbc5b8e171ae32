// Random numbers without a state: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy
// as 1, 2, 3", SC 2011, section 3.3). A value is a pure function of a key (the seed) and a counter (which value),
// so any value can be had again at any time, and a saved place is one number. All arithmetic is on unsigned
// 32-bit integers: the same bits on every platform.

import { createHash } from 'node:crypto';
import { checkWholeNumber } from '../refusals/index.ts';

/** Four 32-bit words, each from 0 to 2³² - 1. */
export type PhiloxCounter = readonly [number, number, number, number];

const rounds = 10;
const wordRange = 2 ** 32;
const drawRange = 2 ** 53;

/** The four random 32-bit words that Philox4x32-10 gives for a counter and a key (two 32-bit words). */
export function philox(
  counter: PhiloxCounter,
  key: readonly [number, number],
): [number, number, number, number] {
  let [a, b, c, d] = counter;
  let [k, l] = key;
  for (let round = 0; round < rounds; round++) {
    const highA = multiplyHigh(0xd2511f53, a);
    const highC = multiplyHigh(0xcd9e8d57, c);
    const lowA = Math.imul(0xd2511f53, a);
    const lowC = Math.imul(0xcd9e8d57, c);
    [a, b, c, d] = [highC ^ b ^ k, lowC, highA ^ d ^ l, lowA];
    k = (k + 0x9e3779b9) | 0;
    l = (l + 0xbb67ae85) | 0;
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

/** The upper 32 bits of the 64-bit product of two 32-bit words, by 16-bit halves. */
function multiplyHigh(x: number, y: number): number {
  const [xHigh, xLow, yHigh, yLow] = [x >>> 16, x & 0xffff, y >>> 16, y & 0xffff];
  const middle = xHigh * yLow + ((xLow * yLow) >>> 16);
  const carry = xLow * yHigh + (middle % 0x10000);
  return (xHigh * yHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) | 0;
}

/** A seed's numbers for one use. */
export interface RandomStream {
  /** The seed: a whole number from 0 to 2⁵³ - 1. */
  readonly seed: number;
  /** What the numbers are for, in a word: two purposes of a seed have nothing in common. */
  readonly purpose: string;
}

/** Which value of a stream's endless table is meant. */
export interface RandomPlace extends RandomStream {
  /** The table's row, for example the number of a batch: a whole number from 0 to 2⁵³ - 1. */
  readonly index: number;
  /** The place in the row, for example the row of a batch: a whole number from 0 to 2³² - 1. */
  readonly row: number;
}

/**
 * Philox's key for a stream, from SHA-256 of seed and purpose. The seed itself is the key of dropout and of starting weights, so under it
 * an order of records would be made of the very numbers that drop cells.
 */
export function streamKey({ seed, purpose }: RandomStream): [number, number] {
  const hash = createHash('sha256').update(`${seed} ${purpose}`).digest();
  return [hash.readUInt32LE(0), hash.readUInt32LE(4)];
}

/**
 * A whole number from 0 to `limit` - 1, each with exactly the same chance; a pure function of its arguments.
 *
 * 53 bits are drawn; a draw in the incomplete last multiple of `limit` is thrown away and drawn again.
 *
 * @param limit a whole number from 1 to 2⁵³ - 1.
 * @throws {@link DatasetError} naming the number that is out of range.
 */
export function randomBelow(limit: number, { seed, purpose, index, row }: RandomPlace): number {
  checkWholeNumber('randomBelow', 'limit', limit, 1, Number.MAX_SAFE_INTEGER);
  checkWholeNumber('randomBelow', 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
  checkWholeNumber('randomBelow', 'index', index, 0, Number.MAX_SAFE_INTEGER);
  checkWholeNumber('randomBelow', 'row', row, 0, wordRange - 1);
  return drawBelow(limit, streamKey({ seed, purpose }), { index, row });
}

/** The same under a key that is at hand. */
export function drawBelow(
  limit: number,
  key: readonly [number, number],
  { index, row }: { readonly index: number; readonly row: number },
): number {
  const accepted = drawRange - (drawRange % limit);
  for (let attempt = 0; ; attempt++) {
    const [low, high] = philox([index % wordRange, Math.floor(index / wordRange), row, attempt], key);
    const draw = (high >>> 11) * wordRange + low;
    if (draw < accepted) return draw % limit;
  }
}
