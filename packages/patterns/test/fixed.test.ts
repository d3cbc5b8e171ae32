import { describe, expect, it } from 'vitest';
import { compile, draw, fixed } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('fixed', () => {
  it('shows the own block and all summary columns before', () => {
    expect(draw(fixed({ block: 3, summary: 1 }), { queries: 8 })).toBe(
      drawing(`
        #.......
        ##......
        ###.....
        ..##....
        ..###...
        ..####..
        ..#..##.
        ..#..###
      `),
    );
  });

  it('shows whole blocks and later summaries when bidirectional', () => {
    expect(draw(fixed({ block: 3, summary: 1, causal: false }), { queries: 6 })).toBe(
      drawing(`
        ###..#
        ###..#
        ###..#
        ..####
        ..####
        ..####
      `),
    );
  });

  it('is merged from the block and the summary', () => {
    expect(fixed({ block: 8, summary: 2, slot: 1 }).factors.map(({ name }) => name)).toEqual([
      'blockLocal(block 8)',
      'summary(block 8, summary 2, slot 1)',
    ]);
  });

  it('is one pass', () => {
    expect(compile(fixed({ block: 32, summary: 8 }), { queries: 1000 }).groups[0]!.passes).toHaveLength(1);
  });

  it('counts each pair once, though the own summary lies in the block', () => {
    let pairs = 0;
    for (let query = 0; query < 1000; query++) pairs += (query % 32) + 1 + Math.floor(query / 32) * 8;
    expect(compile(fixed({ block: 32, summary: 8 }), { queries: 1000 }).pairs).toBe(BigInt(pairs));
  });

  it('keeps summary keys for ever and the others until their block ends', () => {
    const pattern = fixed({ block: 4, summary: 1 });
    expect([4, 6, 7].map((key) => pattern.lastQuery(key))).toEqual([7, 7, Infinity]);
  });
});
