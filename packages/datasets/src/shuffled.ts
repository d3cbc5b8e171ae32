// An order of all records, different in each epoch, without a table of them: a Feistel network (Luby and Rackoff 1988) in
// which the halves are the digits of a number in base √count, and the round function is Philox. Each round is undone
// by subtracting, so no two places meet; a result that is no record is put through again until it is one.

import { philox } from './random.ts';

const rounds = 8;
const wordRange = 2 ** 32;

/** Which order is meant. */
interface ShuffledOrder {
  /** The seed: a whole number from 0 to 2⁵³ - 1. */
  readonly seed: number;
  /** The number of the order: a whole number from 0 to 2⁵³ - 1. */
  readonly epoch: number;
}

/** What stands at `place` when the numbers from 0 to `count` - 1 are shuffled; a pure function of its arguments. */
export function shuffled(place: number, count: number, order: ShuffledOrder): number {
  const base = Math.ceil(Math.sqrt(count));
  let number = place;
  do number = exchange(number, base, order);
  while (number >= count);
  return number;
}

/** A one-to-one map of the numbers from 0 to `base`² - 1. */
function exchange(number: number, base: number, { seed, epoch }: ShuffledOrder): number {
  let [high, low] = [Math.floor(number / base), number % base];
  for (let round = 0; round < rounds; round++) {
    const [first, second] = philox(
      [low, round, epoch % wordRange, Math.floor(epoch / wordRange)],
      [seed % wordRange, Math.floor(seed / wordRange)],
    );
    const draw = (second >>> 11) * wordRange + first;
    [high, low] = [low, (high + (draw % base)) % base];
  }
  return high * base + low;
}
