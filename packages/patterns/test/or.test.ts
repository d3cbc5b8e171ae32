import { describe, expect, it } from 'vitest';
import { column, compile, draw, local, or, perHead, summary } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('or', () => {
  it('shows what one of the patterns shows', () => {
    expect(draw(or(local({ window: 2 }), column({ stride: 3 })), { queries: 6 })).toBe(
      drawing(`
        #.....
        ##....
        .##...
        #.##..
        .#.##.
        ..#.##
      `),
    );
  });

  it('keeps its parts as factors', () => {
    const parts = [local({ window: 2 }), column({ stride: 3 })];
    expect(or(...parts).factors).toEqual(parts);
  });

  it('stays structured where a formula is known', () => {
    const slots = [0, 1].map((slot) => summary({ block: 8, summary: 2, slot }));
    expect(or(local({ window: 3 }), ...slots).terms).not.toBeNull();
    expect(or(column({ stride: 4 }), column({ stride: 6 })).terms).toBeNull();
  });

  it('works each of many parts out once', () => {
    const windows = Array.from({ length: 100 }, (_, index) => local({ window: index + 1 }));
    const pattern = or(...windows);
    expect(pattern.terms).not.toBeNull();
    expect(pattern.keys(500)).toEqual(local({ window: 100 }).keys(500));
  });

  it('is causal only when all parts are', () => {
    expect(or(local({ window: 3 }), column({ stride: 3, causal: false })).causal).toBe(false);
  });

  it('keeps a key as long as any part does', () => {
    expect(or(local({ window: 3 }), local({ window: 9 })).lastQuery(10)).toBe(18);
  });

  it('adds the pairs of disjoint parts', () => {
    const slots = [0, 1].map((slot) => summary({ block: 8, summary: 2, slot }));
    const sum = slots.reduce((pairs, slot) => pairs + compile(slot, { queries: 333 }).pairs, 0n);
    expect(compile(or(...slots), { queries: 333 }).pairs).toBe(sum);
  });

  it('refuses an empty list and per-head parts', () => {
    expect(() => or()).toThrow('or: at least one pattern is needed');
    expect(() => or(perHead([local({ window: 2 })]))).toThrow(
      'or: perHead(local(window 2)) differs from head to head',
    );
  });
});
