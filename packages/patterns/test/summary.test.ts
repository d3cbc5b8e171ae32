import { describe, expect, it } from 'vitest';
import { compile, draw, summary } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('summary', () => {
  it('shows the last columns of each block', () => {
    expect(draw(summary({ block: 4, summary: 2 }), { queries: 8 })).toBe(
      drawing(`
        ........
        ........
        ..#.....
        ..##....
        ..##....
        ..##....
        ..##..#.
        ..##..##
      `),
    );
  });

  it('counts slots from the end of the block', () => {
    expect(draw(summary({ block: 4, summary: 1, slot: 2 }), { queries: 6 })).toBe(
      drawing(`
        ......
        .#....
        .#....
        .#....
        .#....
        .#...#
      `),
    );
  });

  it('shows later summaries too when bidirectional', () => {
    expect(draw(summary({ block: 4, summary: 1, causal: false }), { queries: 2, keys: 9 })).toBe(
      '...#...#.\n...#...#.',
    );
  });

  it('has c keys more behind every block', () => {
    let pairs = 0;
    for (let query = 0; query < 1000; query++) {
      pairs += Math.floor(query / 50) * 7 + Math.max((query % 50) + 1 - 43, 0);
    }
    expect(compile(summary({ block: 50, summary: 7 }), { queries: 1000 }).pairs).toBe(BigInt(pairs));
  });

  it('is dense when all columns are summary', () => {
    expect(compile(summary({ block: 5, summary: 5 }), { queries: 20 }).pairs).toBe(210n);
  });

  it('keeps summary keys for ever and the others never', () => {
    const pattern = summary({ block: 4, summary: 1 });
    expect([2, 3, 4].map((key) => pattern.lastQuery(key))).toEqual([-1, Infinity, -1]);
  });

  it('refuses a slot outside the block', () => {
    expect(() => summary({ block: 8, summary: 3, slot: 2 })).toThrow(
      "summary: slot 2 of 3 columns doesn't fit a block of 8: `(slot + 1) · summary` must be at most `block`, but it is 9.",
    );
  });
});
