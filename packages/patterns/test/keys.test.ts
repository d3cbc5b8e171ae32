/** What decoding asks a pattern: exact against the predicate. */
import { describe, expect, it } from 'vitest';
import { strided } from '../src/index.ts';
import { plainKinds, samplesOf } from './samples.ts';

const grid = { sizes: [1, 6, 90], others: [2, 7], counts: [0, 1] };
const patterns = [true, false].flatMap((causal) =>
  plainKinds.flatMap((kind) => samplesOf(kind, causal, grid)),
);
const n = 100;
const all = Array.from({ length: n }, (_, index) => index);

describe.each(patterns.map((pattern) => [pattern.name, pattern] as const))('%s', (_, pattern) => {
  it('knows the keys of every query, ascending', () => {
    for (const query of all) {
      expect([...pattern.keys(query, n)]).toEqual(all.filter((key) => pattern.allows(query, key)));
    }
  });

  it('knows the keys of a shorter sequence', () => {
    for (const length of [0, 1, 30]) {
      expect([...pattern.keys(60, length)]).toEqual(
        all.filter((key) => key < length && pattern.allows(60, key)),
      );
    }
  });

  it('knows the last query of every key', () => {
    const horizon = 1000;
    for (const key of all) {
      let last = -1;
      for (let query = 0; query < horizon; query++) if (pattern.allows(query, key)) last = query;
      const told = pattern.lastQuery(key);
      // A key that is seen for ever is seen within each of the last periods before the horizon.
      if (last > horizon - 100) expect(told).toBe(Infinity);
      else expect(told).toBe(last);
    }
  });
});

it('needs no length when causal', () => {
  expect([...strided({ stride: 4 }).keys(9)]).toEqual([1, 5, 6, 7, 8, 9]);
});
