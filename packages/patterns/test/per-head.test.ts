import { describe, expect, it } from 'vitest';
import { column, compile, draw, full, local, perHead, predicate } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('perHead', () => {
  const pattern = perHead([local({ window: 2 }), column({ stride: 2 }), local({ window: 2 })]);

  it('draws heads side by side', () => {
    expect(draw(pattern, { queries: 4 })).toBe(
      drawing(`
        #...   #...   #...
        ##..   .#..   ##..
        .##.   #.#.   .##.
        ..##   .#.#   ..##
      `),
    );
  });

  it('compiles equal heads once', () => {
    expect(compile(pattern, { queries: 4 }).groups.map(({ heads }) => heads)).toEqual([[0, 2], [1]]);
  });

  it('compiles unsaved heads once when they are the same object', () => {
    const test = predicate(() => true, 'all');
    expect(compile(perHead([test, test]), { queries: 4 }).groups).toHaveLength(1);
  });

  it('counts the pairs of all heads', () => {
    const plan = compile(pattern, { queries: 4 });
    expect(plan.pairs).toBe(7n + 6n + 7n);
    expect(plan.heads).toBe(3);
  });

  it('counts exactly beyond 2⁵³', () => {
    const plan = compile(perHead(Array.from({ length: 20_000 }, () => full())), { queries: 2 ** 20 });
    expect(plan.pairs).toBe(20_000n * 549_756_338_176n);
    expect(plan.pairs).toBeGreaterThan(2n ** 53n);
  });

  it('answers questions by head only', () => {
    const way = 'differs from head to head. Ask one of its `heads`.';
    expect(() => pattern.allows(1, 0)).toThrow(way);
    expect(() => pattern.keys(1)).toThrow(way);
    expect(pattern.heads![1]!.allows(1, 0)).toBe(false);
  });

  it('keeps a key as long as any head does', () => {
    expect(pattern.lastQuery(3)).toBe(Infinity);
    expect(perHead([local({ window: 2 }), local({ window: 5 })]).lastQuery(3)).toBe(7);
  });

  it('refuses nesting, no heads and too many', () => {
    expect(() => perHead([])).toThrow('perHead: at least one pattern is needed');
    expect(() => perHead([pattern])).toThrow('Put perHead outermost');
    expect(() => perHead(Array.from({ length: 65_537 }, () => full()))).toThrow(
      'perHead: at most 65536 heads',
    );
  });
});
