/** What decoding asks a pattern: exact against the predicate. */
import { describe, expect, it } from 'vitest';
import { blockLocal, column, fixed, full, local, type Pattern, strided, summary } from '../src/index.ts';

const patterns: readonly Pattern[] = [true, false].flatMap((causal) => [
  full({ causal }),
  local({ window: 1, causal }),
  local({ window: 7, causal }),
  column({ stride: 5, causal }),
  strided({ stride: 6, window: 7, causal }),
  strided({ stride: 4, window: 11, causal }),
  blockLocal({ block: 6, causal }),
  summary({ block: 6, summary: 2, slot: 1, causal }),
  fixed({ block: 6, summary: 2, causal }),
  fixed({ block: 90, summary: 1, causal }),
]);
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
