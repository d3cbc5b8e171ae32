import { describe, expect, it } from 'vitest';
import { column, compile, draw } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('column', () => {
  it('shows every stride-th key back from the query', () => {
    expect(draw(column({ stride: 3 }), { queries: 6 })).toBe(
      drawing(`
        #.....
        .#....
        ..#...
        #..#..
        .#..#.
        ..#..#
      `),
    );
  });

  it('shows those ahead too when bidirectional', () => {
    expect(draw(column({ stride: 3, causal: false }), { queries: 4, keys: 7 })).toBe(
      drawing(`
        #..#..#
        .#..#..
        ..#..#.
        #..#..#
      `),
    );
  });

  it('has ⌊query ÷ stride⌋ + 1 keys a query', () => {
    let pairs = 0;
    for (let query = 0; query < 1000; query++) pairs += Math.floor(query / 37) + 1;
    expect(compile(column({ stride: 37 }), { queries: 1000 }).pairs).toBe(BigInt(pairs));
  });

  it('is dense at stride 1', () => {
    expect(compile(column({ stride: 1 }), { queries: 200 }).pairs).toBe((200n * 201n) / 2n);
  });

  it('is seen for ever', () => {
    expect(column({ stride: 4 }).lastQuery(10)).toBe(Infinity);
  });
});
