import { describe, expect, it } from 'vitest';
import { compile, distinctSlots, draw, fixed, fromJSON, summary } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('distinctSlots', () => {
  const pattern = distinctSlots(fixed, { heads: 3, block: 4, summary: 2 });

  it('gives head h slot h, and begins again when the block has no more', () => {
    expect(draw(pattern, { queries: 8 })).toBe(
      drawing(`
        #.......   #.......   #.......
        ##......   ##......   ##......
        ###.....   ###.....   ###.....
        ####....   ####....   ####....
        ..###...   ##..#...   ..###...
        ..####..   ##..##..   ..####..
        ..#####.   ##..###.   ..#####.
        ..######   ##..####   ..######
      `),
    );
  });

  it('draws the summaries alone', () => {
    expect(draw(distinctSlots(summary, { heads: 2, block: 3, summary: 1 }), { queries: 6 })).toBe(
      drawing(`
        ......   ......
        ......   .#....
        ..#...   .#....
        ..#...   .#....
        ..#...   .#..#.
        ..#..#   .#..#.
      `),
    );
  });

  it('compiles heads of equal slots once', () => {
    expect(compile(pattern, { queries: 8 }).groups.map(({ heads }) => heads)).toEqual([[0, 2], [1]]);
  });

  it('lets the heads see every earlier block whole when there are as many as slots', () => {
    const { heads } = distinctSlots(fixed, { heads: 4, block: 8, summary: 2 });
    const seen = new Set(heads!.flatMap((head) => [...head.keys(31)]));
    expect(seen.size).toBe(32);
  });

  it('is saved as one pattern a head', () => {
    const read = fromJSON(JSON.parse(JSON.stringify(pattern)));
    expect(read.hash).toBe(pattern.hash);
    expect(read.heads!.map(({ name }) => name)).toEqual([
      'fixed(block 4, summary 2)',
      'fixed(block 4, summary 2, slot 1)',
      'fixed(block 4, summary 2)',
    ]);
  });

  it('leaves columns that fill no slot', () => {
    const names = distinctSlots(fixed, { heads: 3, block: 5, summary: 2 }).heads!.map(({ name }) => name);
    expect(names[1]).toBe('fixed(block 5, summary 2, slot 1)');
    expect(names[2]).toBe('fixed(block 5, summary 2)');
  });

  it('refuses heads that are none or too many, and summaries that fit no block', () => {
    const make = (heads: number, columns = 2) => distinctSlots(fixed, { heads, block: 4, summary: columns });
    expect(() => make(0)).toThrow('distinctSlots: `heads`');
    expect(() => make(1.5)).toThrow('distinctSlots: `heads`');
    expect(() => make(65_537)).toThrow('distinctSlots: at most 65536 heads');
    expect(() => make(2, 5)).toThrow("fixed: slot 0 of 5 columns doesn't fit a block of 4");
    expect(() => make(2, 0)).toThrow('fixed: `summary`');
  });
});
