/** A run has one seed for its data, weights, dropout and samples: they must not be made of the same numbers. */
import { randomBelow } from '@sparse-transformers/datasets';
import { philox } from '@sparse-transformers/kernels';
import { expect, it } from 'vitest';

/** The 53 bits of a block, put together as `randomBelow` does. */
function drawOf(seed: number, counter: readonly number[]): number {
  const words = Uint32Array.from(counter);
  philox(words, seed % 2 ** 32, Math.floor(seed / 2 ** 32));
  return (words[1]! >>> 11) * 2 ** 32 + words[0]!;
}

it.each([0, 1, 7, 2 ** 40 + 3])(
  'draws of data with seed %d are none of dropout, weights or samples',
  (seed) => {
    const used = new Set<number>();
    // The second word of the counter is 0 for dropout, 1 for weights, 2 for samples; the others are block and stream.
    for (let block = 0; block < 40; block++) {
      for (let domain = 0; domain < 3; domain++) {
        for (let stream = 0; stream < 8; stream++) used.add(drawOf(seed, [block, domain, stream, 0]));
      }
    }
    for (const purpose of ['windows', 'records', 'splits']) {
      for (let index = 0; index < 40; index++) {
        for (let row = 0; row < 8; row++) {
          expect(used.has(randomBelow(2 ** 53 - 1, { seed, purpose, index, row }))).toBe(false);
        }
      }
    }
  },
);
