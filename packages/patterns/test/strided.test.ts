import { describe, expect, it } from 'vitest';
import { compile, draw, strided } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('strided', () => {
  it('shows the last keys and every stride-th before them', () => {
    expect(draw(strided({ stride: 3 }), { queries: 7 })).toBe(
      drawing(`
        #......
        ##.....
        ###....
        ####...
        .####..
        ..####.
        #..####
      `),
    );
  });

  it('shows both sides when bidirectional', () => {
    expect(draw(strided({ stride: 3, window: 1, causal: false }), { queries: 4, keys: 7 })).toBe(
      drawing(`
        #..#..#
        .#..#..
        ..#..#.
        #..#..#
      `),
    );
  });

  it('is merged from a window and a column', () => {
    expect(strided({ stride: 3 }).factors.map(({ name }) => name)).toEqual([
      'local(window 3)',
      'column(stride 3)',
    ]);
  });

  it('counts each pair once, though the column runs through the window', () => {
    const [n, stride] = [1000, 31];
    let pairs = 0;
    for (let query = 0; query < n; query++) {
      pairs += Math.min(query + 1, stride + 1) + Math.max(Math.floor(query / stride) - 1, 0);
    }
    expect(compile(strided({ stride, window: stride + 1 }), { queries: n }).pairs).toBe(BigInt(pairs));
  });

  it('reads about 2·√n keys to decode a token', () => {
    expect(strided({ stride: 1024 }).keys(1_048_575)).toHaveLength(1024 + 1023);
  });
});
