import { describe, expect, it } from 'vitest';
import { randomWindows, type TokenSplit } from '../src/index.ts';

/** A split of pieces of these lengths, whose tokens tell their places. */
function imagined(...lengths: number[]): TokenSplit {
  const pieces: number[] = [];
  let tokens = 0;
  for (const length of lengths) {
    pieces.push(tokens);
    tokens += length;
  }
  return {
    name: 'all',
    path: 'imagined',
    tokens,
    pieces,
    async read(start, into) {
      expect(start + into.length).toBeLessThanOrEqual(tokens);
      for (let index = 0; index < into.length; index++) into[index] = start + index;
    },
  };
}

/** Where windows of 4 tokens begin, over many batches, with how often. */
async function beginnings(split: TokenSplit): Promise<Map<number, number>> {
  const { inputs } = await randomWindows(split, { length: 4, batch: 3000, seed: 1 }).next();
  const counts = new Map<number, number>();
  for (let row = 0; row < 3000; row++) counts.set(inputs[row * 4]!, (counts.get(inputs[row * 4]!) ?? 0) + 1);
  return counts;
}

const places = async (split: TokenSplit) => [...(await beginnings(split)).keys()].sort((a, b) => a - b);

describe('randomWindows over pieces', () => {
  it('keeps a window and the token after it within its piece', async () => {
    // Pieces [0, 7), [7, 12), [12, 20): a window and its next token take five.
    expect(await places(imagined(7, 5, 8))).toEqual([0, 1, 2, 7, 12, 13, 14, 15]);
  });

  it('begins everywhere with the same chance', async () => {
    const counts = await beginnings(imagined(7, 5, 8));
    // 375 expected, deviation 18.1: five deviations either way.
    for (const count of counts.values()) expect(Math.abs(count - 375)).toBeLessThan(91);
  });

  it('goes on from a piece that is too short into the next', async () => {
    expect(await places(imagined(6, 2, 6))).toEqual([0, 1, 6, 7, 8, 9]);
  });

  it('reaches a short piece at the end by the last window', async () => {
    expect(await places(imagined(6, 3))).toEqual([0, 1, 4]);
  });

  it('begins anywhere where all pieces are short', async () => {
    expect(await places(imagined(2, 2, 2, 2))).toEqual([0, 1, 2, 3]);
  });
});

describe('randomWindows over records', () => {
  it('begins where records do', async () => {
    const { pieces: _, ...split } = imagined(12);
    expect(await places({ ...split, record: 3 })).toEqual([0, 3, 6]);
  });
});
