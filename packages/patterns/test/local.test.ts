import { describe, expect, it } from 'vitest';
import { compile, draw, local } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('local', () => {
  it('shows the last keys, the own one included', () => {
    expect(draw(local({ window: 3 }), { queries: 6 })).toBe(
      drawing(`
        #.....
        ##....
        ###...
        .###..
        ..###.
        ...###
      `),
    );
  });

  it('looks as far ahead as back when bidirectional', () => {
    expect(draw(local({ window: 3, causal: false }), { queries: 6 })).toBe(
      drawing(`
        ###...
        ####..
        #####.
        .#####
        ..####
        ...###
      `),
    );
  });

  it('has window keys a query, fewer at the start', () => {
    const [n, window] = [1000, 37];
    expect(compile(local({ window }), { queries: n }).pairs).toBe(
      BigInt(n * window - (window * (window - 1)) / 2),
    );
  });

  it('has 2·window − 1 keys a query when bidirectional, fewer at both ends', () => {
    const [n, window] = [1000, 37];
    const pairs = n * (2 * window - 1) - window * (window - 1);
    expect(compile(local({ window, causal: false }), { queries: n }).pairs).toBe(BigInt(pairs));
  });

  it('is seen for the last time window − 1 steps later', () => {
    expect(local({ window: 4 }).lastQuery(10)).toBe(13);
  });

  it('is dense when the window is the length', () => {
    expect(compile(local({ window: 300 }), { queries: 300 }).pairs).toBe((300n * 301n) / 2n);
  });
});
