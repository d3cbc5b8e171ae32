import { randomFrom } from '@sparse-transformers/testing';
import { expect, it } from 'vitest';
import { IntegerTable } from '../src/decoding/key-value-cache-table.ts';

it.each([
  ['neighbouring', 1],
  ['evenly spaced', 4096],
])('holds what a Map holds, for %s keys', (_, step) => {
  const [table, map] = [new IntegerTable(), new Map<number, number>()];
  const random = randomFrom(3);
  const [keys, choices] = [random.integers(20_000, 300), random.integers(20_000, 3)];
  for (const [turn, number] of keys.entries()) {
    const key = number * step;
    if (choices[turn] === 0) {
      table.delete(key);
      map.delete(key);
    } else {
      table.set(key, turn);
      map.set(key, turn);
    }
    expect(table.get(key)).toBe(map.get(key) ?? -1);
  }
  for (let key = 0; key < 300 * step; key += step) expect(table.get(key)).toBe(map.get(key) ?? -1);
});

it('gives a copy that goes its own way', () => {
  const table = new IntegerTable();
  table.set(7, 1);
  const copy = table.copy();
  copy.set(7, 2);
  copy.set(8, 3);
  expect([table.get(7), table.get(8), copy.get(7), copy.get(8)]).toEqual([1, -1, 2, 3]);
});
