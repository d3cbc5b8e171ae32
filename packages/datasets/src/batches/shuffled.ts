// An order of all records, different in each epoch, without a table of them. Few are shuffled as cards are (Fisher and Yates), where one place
// can be followed back through the exchanges alone: every order has the same chance. Many go through a Feistel network (Luby and Rackoff 1988)
// in which the halves are the digits of a number in base √count, and the round function is Philox. Each round is undone by subtracting, so no
// two places meet; a result that is no record is put through again until it is one.

import { drawBelow, philox, type RandomStream, streamKey } from './random.ts';

const rounds = 8;
const wordRange = 2 ** 32;
/** Up to so many, exchanges cost no more than reading the record. */
const few = 64;

type Key = readonly [number, number];

/** Which order is meant. */
interface ShuffledOrder extends RandomStream {
  /** The number of the order: a whole number from 0 to 2⁵³ - 1. */
  readonly epoch: number;
}

/** What stands at `place` when the numbers from 0 to `count` - 1 are shuffled; a pure function of its arguments. */
export function shuffled(place: number, count: number, order: ShuffledOrder): number {
  const key = streamKey(order);
  if (count <= few) return followBack(place, count, key, order.epoch);
  const base = Math.ceil(Math.sqrt(count));
  let number = place;
  do number = exchange(number, base, key, order.epoch);
  while (number >= count);
  return number;
}

/** Where what ends at `place` began, when each place from the last down is exchanged with one that is not above it. */
function followBack(place: number, count: number, key: Key, epoch: number): number {
  let number = place;
  for (let above = 1; above < count; above++) {
    const other = drawBelow(above + 1, key, { index: epoch, row: above });
    if (number === above) number = other;
    else if (number === other) number = above;
  }
  return number;
}

/** A one-to-one map of the numbers from 0 to `base`² - 1. */
function exchange(number: number, base: number, key: Key, epoch: number): number {
  let [high, low] = [Math.floor(number / base), number % base];
  for (let round = 0; round < rounds; round++) {
    const [first, second] = philox([low, round, epoch % wordRange, Math.floor(epoch / wordRange)], key);
    const draw = (second >>> 11) * wordRange + first;
    [high, low] = [low, (high + (draw % base)) % base];
  }
  return high * base + low;
}
