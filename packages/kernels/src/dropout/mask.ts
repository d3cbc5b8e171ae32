import { philox } from './philox.ts';

/** What decides a dropout mask: the same four numbers give the same bits on every engine. */
export interface MaskSource {
  /** Chance of a cell to become 0, from 0 to below 1. */
  readonly rate: number;
  /** Whole number from 0 to 2⁵³ − 1: the run. */
  readonly seed: number;
  /** Whole number from 0 to 2⁵³ − 1: the step and the place in the model. */
  readonly counter: number;
}

const wordSize = 2 ** 32;

/** @throws RangeError that names `operation`, for a rate outside [0, 1) or a seed or counter that is no such number */
export function requireMaskSource(operation: string, { rate, seed, counter }: MaskSource): void {
  if (!(rate >= 0 && rate < 1))
    throw new RangeError(`${operation}: rate must be from 0 to below 1, but is ${rate}.`);
  for (const [name, value] of Object.entries({ seed, counter })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new RangeError(`${operation}: ${name} must be a whole number from 0 to 2^53 - 1, but is ${value}.`);
  }
}

/**
 * The factors of a dropout mask: 1 ÷ (1 − rate) where a cell stays, 0 where it goes.
 *
 * Cell i takes word i mod 4 of block ⌊i ÷ 4⌋. A block is Philox4x32-10 with the counter words (block, 0, low word of
 * `counter`, its high word) and the key (low word of `seed`, its high word). The cell stays if its word ≥ rate · 2³².
 */
export function dropoutMask(size: number, { rate, seed, counter }: MaskSource): Float32Array<ArrayBuffer> {
  const factors = new Float32Array(size);
  const [threshold, kept] = [rate * wordSize, 1 / (1 - rate)];
  const [keyLow, keyHigh] = split(seed);
  const [counterLow, counterHigh] = split(counter);
  const words = new Uint32Array(4);
  for (let start = 0; start < size; start += 4) {
    words[0] = start / 4;
    words[1] = 0;
    words[2] = counterLow;
    words[3] = counterHigh;
    philox(words, keyLow, keyHigh);
    for (let i = 0; i < 4 && start + i < size; i++) factors[start + i] = words[i]! >= threshold ? kept : 0;
  }
  return factors;
}

function split(value: number): [low: number, high: number] {
  return [value >>> 0, Math.floor(value / wordSize)];
}
