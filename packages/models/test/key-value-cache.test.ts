import { local, strided, summary } from '@sparse-transformers/patterns';
import { describe, expect, it } from 'vitest';
import { KeyValueCache } from '../src/decoding/key-value-cache.ts';
import { CacheIndex } from '../src/decoding/key-value-cache-index.ts';

describe('the index of a cache', () => {
  it('gives the rows of a window again and again, however long the text', () => {
    const index = new CacheIndex(local({ window: 8 }), 2 ** 20);
    const rows = new Set<number>();
    for (let position = 0; position < 5000; position++) {
      rows.add(index.add(position));
      const shown = index.shownTo(position);
      expect(new Set(shown).size).toBe(Math.min(position + 1, 8));
      index.finish(position);
    }
    expect(rows.size).toBe(8);
  });

  it('finds the row that a position was added with, as long as it is seen', () => {
    const pattern = strided({ stride: 5 });
    const index = new CacheIndex(pattern, 100);
    const rowOf = Array.from({ length: 60 }, (_, position) => {
      const row = index.add(position);
      index.finish(position);
      return row;
    });
    const seen = Array.from(pattern.keys(59), (position) => rowOf[position]!);
    expect([...index.shownTo(59)]).toEqual(seen);
  });

  it('gives no row to a position that nobody sees', () => {
    const index = new CacheIndex(summary({ block: 4, summary: 1 }), 100);
    expect([0, 1, 2].map((position) => index.add(position))).toEqual([-1, -1, -1]);
    expect(index.add(3)).toBe(0);
    expect(index.size).toBe(1);
  });

  it('keeps of a prompt what later queries see, in rows of its order', () => {
    const index = new CacheIndex(local({ window: 4 }), 100);
    expect([...index.addPrompt(10)]).toEqual([7, 8, 9]);
    expect(index.add(10)).toBe(3);
    expect([...index.shownTo(10)]).toEqual([0, 1, 2, 3]);
  });

  it('makes a copy that goes its own way', () => {
    const index = new CacheIndex(local({ window: 2 }), 100);
    index.addPrompt(5);
    const copy = index.copy();
    copy.add(5);
    copy.finish(5);
    copy.add(6);
    copy.finish(6);
    expect(index.add(5)).toBe(1);
    expect([...index.shownTo(5)]).toEqual([0, 1]);
  });

  it('names what it has dropped, if a pattern asks for it all the same', () => {
    const wrong = { ...local({ window: 2 }), lastQuery: (key: number) => key };
    const index = new CacheIndex(wrong, 100);
    index.add(0);
    index.finish(0);
    index.add(1);
    expect(() => index.shownTo(1)).toThrow(/dropped position 0, which query 1 still sees/);
  });
});

describe('a cache', () => {
  it('grows, and keeps what it holds', () => {
    const widths = { keyWidth: 1, valueWidth: 2 };
    const cache = new KeyValueCache(widths, Float32Array.of(1, 2), Float32Array.of(3, 4, 5, 6));
    for (let row = 2; row < 40; row++) {
      const cells = { values: Float32Array.of(0, row, -row), first: 1 };
      cache.write(row, cells, cells);
    }
    expect([...cache.keys.subarray(0, 4), cache.keys[39]]).toEqual([1, 2, 2, 3, 39]);
    expect([...cache.values.subarray(0, 6), ...cache.values.subarray(78, 80)]).toEqual([
      3, 4, 5, 6, 2, -2, 39, -39,
    ]);
  });
});
