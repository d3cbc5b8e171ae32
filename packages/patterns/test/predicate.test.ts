import { describe, expect, it } from 'vitest';
import { compile, draw, local, or, predicate } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('predicate', () => {
  it('shows what the function shows, up to the query', () => {
    expect(
      draw(
        predicate((query, key) => (query + key) % 2 === 0, 'chess'),
        { queries: 4 },
      ),
    ).toBe(
      drawing(`
        #...
        .#..
        #.#.
        .#.#
      `),
    );
  });

  it('shows later keys when bidirectional', () => {
    const pattern = predicate((query, key) => key > query, 'later', { causal: false });
    expect(draw(pattern, { queries: 3 })).toBe('.##\n..#\n...');
  });

  it('stores equal tiles once', () => {
    const plan = compile(
      predicate((query, key) => (query + key) % 2 === 0, 'chess', { causal: false }),
      { queries: 640 },
    );
    expect(plan.groups[0]!.passes[0]!.masks.size).toBe(1);
    expect(plan.tiles).toBe(100);
  });

  it('knows its keys', () => {
    expect([...predicate((_, key) => key % 3 === 1, 'thirds').keys(8)]).toEqual([1, 4, 7]);
  });

  it('has no pass when it shows nothing', () => {
    const plan = compile(
      predicate(() => false, 'nothing'),
      { queries: 100 },
    );
    expect(plan.pairs).toBe(0n);
    expect(plan.groups[0]!.passes).toEqual([]);
  });

  it('is never saved, nor is what holds it', () => {
    const pattern = predicate(() => true, 'all');
    expect(pattern.hash).toBeNull();
    expect(() => pattern.toJSON()).toThrow(
      "predicate(all): holds a predicate, a function, which can't be saved.",
    );
    expect(() => or(local({ window: 2 }), pattern).toJSON()).toThrow("can't be saved");
  });

  it('refuses what is no function, and a missing name', () => {
    // @ts-expect-error a string is no function
    expect(() => predicate('all', 'all')).toThrow('predicate: `test` must be a function, but it is string.');
    expect(() => predicate(() => true, '')).toThrow('predicate: `name` must say what it is');
  });
});
