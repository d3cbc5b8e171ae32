import { describe, expect, it } from 'vitest';
import { causal, compile, draw, full } from '../src/index.ts';
import { drawing } from './drawing.ts';

describe('full', () => {
  it('shows every key up to the query', () => {
    expect(draw(full(), { queries: 4 })).toBe(
      drawing(`
        #...
        ##..
        ###.
        ####
      `),
    );
  });

  it('shows every key when bidirectional', () => {
    expect(draw(full({ causal: false }), { queries: 2, keys: 3 })).toBe('###\n###');
  });

  it('is what causal() makes', () => {
    expect(causal().hash).toBe(full({ causal: true }).hash);
  });

  it('has n(n + 1) ÷ 2 pairs', () => {
    expect(compile(causal(), { queries: 1_048_576 }).pairs).toBe(549_756_338_176n);
  });

  it('is stored as runs, not as tiles', () => {
    const plan = compile(causal(), { queries: 1_048_576 });
    expect(plan.tiles).toBe((16_384 * 16_385) / 2);
    expect(plan.groups[0]!.passes[0]!.byQuery.first.length).toBe(2 * 16_384 - 1);
  });
});
