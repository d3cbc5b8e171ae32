import { describe, expect, it } from 'vitest';
import { blockLocal, compile, draw } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('blockLocal', () => {
  it('shows the own block up to the query', () => {
    expect(draw(blockLocal({ block: 3 }), { queries: 6 })).toBe(
      drawing(`
        #.....
        ##....
        ###...
        ...#..
        ...##.
        ...###
      `),
    );
  });

  it('shows the whole block when bidirectional', () => {
    expect(draw(blockLocal({ block: 3, causal: false }), { queries: 4 })).toBe(
      drawing(`
        ###.
        ###.
        ###.
        ...#
      `),
    );
  });

  it('has a triangle a block, and a smaller one at the end', () => {
    expect(compile(blockLocal({ block: 30 }), { queries: 100 }).pairs).toBe(BigInt(3 * 465 + 55));
  });

  it('is seen until its block ends', () => {
    expect(blockLocal({ block: 4 }).lastQuery(9)).toBe(11);
  });
});
