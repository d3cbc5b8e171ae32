/** How many tokens a counted prediction has before it, for models with and without a learned start. */
import type { TokenSplit } from '@sparse-transformers/datasets';
import { describe, expect, it } from 'vitest';
import { evaluationBatches } from '../src/data/batches.ts';

/** A split in which each token tells its place. */
const split: TokenSplit = {
  name: 'valid',
  path: 'imagined',
  tokens: 100,
  async read(start, into) {
    for (let index = 0; index < into.length; index++) into[index] = start + index;
  },
};

describe.each(['none', 'learned'] as const)('with start %s', (start) => {
  it.each([0, 1, 2, 5, 7])(
    'every prediction has %d tokens before it, and some have no more',
    async (minimumContext) => {
      const windows = evaluationBatches(split, { length: 8, start }, { batch: 1, minimumContext });
      const seen: number[] = [];
      const counted: number[] = [];
      for (let index = 0; index < windows.batches; index++) {
        const { targets, weights } = await windows.at(index);
        weights.forEach((weight, place) => {
          if (weight === 0) return;
          counted.push(targets[place]!);
          // Before it stand the inputs up to its own place, or the targets before it.
          if (index > 0) seen.push(start === 'none' ? place + 1 : place);
        });
      }
      expect(Math.min(...seen)).toBe(Math.max(minimumContext, start === 'none' ? 1 : 0));
      expect(counted).toEqual(Array.from({ length: 99 }, (_, index) => index + 1));
    },
  );

  it('more than the model sees is refused', () => {
    const most = start === 'none' ? 8 : 7;
    const windows = (minimumContext: number) =>
      evaluationBatches(split, { length: 8, start }, { batch: 1, minimumContext });
    expect(windows(most).batches).toBeGreaterThan(90);
    expect(() => windows(most + 1)).toThrow(`The minimum context must be at most ${most} tokens`);
  });
});
