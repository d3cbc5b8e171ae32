import { describe, expect, it } from 'vitest';
import { and, blockLocal, column, compile, draw, fixed, local, perHead, summary } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('and', () => {
  it('shows what all patterns show', () => {
    expect(draw(and(local({ window: 4 }), column({ stride: 2 })), { queries: 6 })).toBe(
      drawing(`
        #.....
        .#....
        #.#...
        .#.#..
        ..#.#.
        ...#.#
      `),
    );
  });

  it('stays structured where a formula is known', () => {
    expect(and(column({ stride: 4 }), column({ stride: 6 })).terms).not.toBeNull();
    expect(and(local({ window: 9 }), summary({ block: 8, summary: 2 })).terms).not.toBeNull();
  });

  it('looks at cells where none is known', () => {
    expect(and(column({ stride: 4 }), summary({ block: 8, summary: 2 })).terms).toBeNull();
  });

  it('looks at cells where the formula would grow beyond use', () => {
    const merged = fixed({ block: 4, summary: 1 });
    expect(and(merged, merged, merged).terms).not.toBeNull();
    const pattern = and(...Array.from({ length: 40 }, () => merged));
    expect(pattern.terms).toBeNull();
    expect(compile(pattern, { queries: 50 }).pairs).toBe(compile(merged, { queries: 50 }).pairs);
  });

  it('joins two strides into their least common multiple', () => {
    const joined = compile(and(column({ stride: 4 }), column({ stride: 6 })), { queries: 500 });
    expect(joined.pairs).toBe(compile(column({ stride: 12 }), { queries: 500 }).pairs);
  });

  it('is causal when one part is', () => {
    const pattern = and(local({ window: 3, causal: false }), blockLocal({ block: 4 }));
    expect(pattern.causal).toBe(true);
    expect(pattern.allows(4, 5)).toBe(false);
  });

  it('refuses an empty list and per-head parts', () => {
    expect(() => and()).toThrow('and: at least one pattern is needed');
    expect(() => and(perHead([local({ window: 2 })]))).toThrow('Put perHead outermost: perHead([and(…), …])');
  });
});
