import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contiguousWindows, type EvaluationBatch, type TokenSplit } from '../src/index.ts';
import { fileOf, openForTest, openWhole } from './temporary-folder.ts';

async function splitOf(tokens: number): Promise<TokenSplit> {
  return (await openWhole(Uint8Array.from({ length: tokens }, (_, index) => index + 1))).split('all');
}

/** The pairs of input and target that count, in order. */
function pairsOf({ inputs, targets, weights }: EvaluationBatch): [number, number][] {
  return [...inputs]
    .map((input, index): [number, number] => [input, targets[index]!])
    .filter((_, index) => weights[index] === 1);
}

describe('contiguousWindows', () => {
  it('lays windows side by side and pads the rest with weight 0', async () => {
    const batches: EvaluationBatch[] = [];
    for await (const batch of contiguousWindows(await splitOf(9), { length: 3, batch: 2 }))
      batches.push(batch);
    expect(batches.map(({ inputs }) => [...inputs])).toEqual([
      [1, 2, 3, 4, 5, 6],
      [7, 8, 0, 0, 0, 0],
    ]);
    expect(batches.map(({ targets }) => [...targets])).toEqual([
      [2, 3, 4, 5, 6, 7],
      [8, 9, 0, 0, 0, 0],
    ]);
    expect(batches.map(({ weights }) => [...weights])).toEqual([
      [1, 1, 1, 1, 1, 1],
      [1, 1, 0, 0, 0, 0],
    ]);
    expect(batches.map(({ count }) => count)).toEqual([6, 2]);
  });

  it('has every token but the first as a target exactly once, after its own predecessor', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 5 }),
        async (tokens, length, batch) => {
          const windows = contiguousWindows(await splitOf(tokens), { length, batch });
          const pairs: [number, number][] = [];
          let [count, batches] = [0, 0];
          for await (const one of windows) {
            pairs.push(...pairsOf(one));
            count += one.count;
            batches++;
          }
          expect(pairs).toEqual(Array.from({ length: tokens - 1 }, (_, index) => [index + 1, index + 2]));
          expect([windows.predictions, windows.batches]).toEqual([count, batches]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets windows overlap for a minimum context, and counts a target once', async () => {
    const batches: EvaluationBatch[] = [];
    const options = { length: 4, batch: 2, minimumContext: 3 };
    for await (const batch of contiguousWindows(await splitOf(10), options)) batches.push(batch);
    expect(batches.map(({ inputs }) => [...inputs])).toEqual([
      [1, 2, 3, 4, 3, 4, 5, 6],
      [5, 6, 7, 8, 7, 8, 9, 0],
    ]);
    expect(batches.map(({ targets }) => [...targets])).toEqual([
      [2, 3, 4, 5, 4, 5, 6, 7],
      [6, 7, 8, 9, 8, 9, 10, 0],
    ]);
    expect(batches.map(({ weights }) => [...weights])).toEqual([
      [1, 1, 1, 1, 0, 0, 1, 1],
      [0, 0, 1, 1, 0, 0, 1, 0],
    ]);
    expect(batches.map(({ count }) => count)).toEqual([6, 3]);
  });

  it('counts every target exactly once, with the context asked for unless the first window has it', async () => {
    const sizes = fc.integer({ min: 1, max: 40 }).chain((length) =>
      fc.record({
        tokens: fc.integer({ min: 2, max: 120 }),
        length: fc.constant(length),
        batch: fc.integer({ min: 1, max: 5 }),
        minimumContext: fc.integer({ min: 0, max: length }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(sizes, async ({ tokens, length, batch, minimumContext }) => {
        const windows = contiguousWindows(await splitOf(tokens), { length, batch, minimumContext });
        const counted: number[] = [];
        let [count, batches] = [0, 0];
        for await (const one of windows) {
          one.weights.forEach((weight, place) => {
            if (weight === 0) return;
            const [row, slot] = [Math.floor(place / length), place % length];
            // Ids are positions from 1, so a window of consecutive ids shows where it lies.
            const seen = [...one.inputs.subarray(row * length, place + 1)];
            expect(seen).toEqual(seen.map((_, index) => seen[0]! + index));
            expect(one.targets[place]).toBe(seen.at(-1)! + 1);
            if (batches + row > 0) expect(slot + 1).toBeGreaterThanOrEqual(minimumContext);
            counted.push(one.targets[place]!);
          });
          count += one.count;
          batches++;
        }
        expect(counted).toEqual(Array.from({ length: tokens - 1 }, (_, index) => index + 2));
        expect([windows.predictions, windows.batches]).toEqual([count, batches]);
      }),
      { numRuns: 60 },
    );
  });

  it.each([0, 1])('is the same for a minimum context of %d as without one', async (minimumContext) => {
    const split = await splitOf(20);
    const shape = { length: 4, batch: 2 };
    const windows = contiguousWindows(split, { ...shape, minimumContext });
    const plain = contiguousWindows(split, shape);
    expect(windows.batches).toBe(plain.batches);
    for (let index = 0; index < plain.batches; index++) {
      expect(await windows.at(index)).toEqual(await plain.at(index));
    }
  });

  it('takes no more windows than a minimum context needs', async () => {
    const split = await splitOf(1 + 16 + 10 * 4);
    expect(contiguousWindows(split, { length: 16, batch: 1, minimumContext: 13 }).batches).toBe(11);
  });

  it('gives the same in a second loop', async () => {
    const windows = contiguousWindows(await splitOf(20), { length: 4, batch: 2 });
    const loop = async () => {
      const all: EvaluationBatch[] = [];
      for await (const batch of windows) all.push(batch);
      return all;
    };
    expect(await loop()).toEqual(await loop());
  });

  it('stays inside its split', async () => {
    const dataset = await openForTest(await fileOf('0123456789'), { split: { a: 0.4, b: 0.6 } });
    const { inputs, targets } = await contiguousWindows(dataset.split('a'), { length: 5, batch: 1 }).at(0);
    expect([...inputs, ...targets].map((id) => id && id - 48)).toEqual([0, 1, 2, 0, 0, 1, 2, 3, 0, 0]);
  });

  it('refuses a batch that is not there', async () => {
    const windows = contiguousWindows(await splitOf(9), { length: 3, batch: 2 });
    await expect(windows.at(2)).rejects.toThrow('batch index must be a whole number from 0 to 1, got 2');
  });

  it('refuses a split of one token', async () => {
    const split = await splitOf(1);
    expect(() => contiguousWindows(split, { length: 3, batch: 2 })).toThrow(
      'must have at least 2 tokens (a token and the one after it), got 1',
    );
  });

  it.each([
    { length: 0, batch: 1 },
    { length: 1, batch: 0 },
    { length: 2 ** 20, batch: 2 ** 20 },
    { length: 3, batch: 1, minimumContext: 4 },
    { length: 3, batch: 1, minimumContext: -1 },
    { length: 3, batch: 1, minimumContext: 0.5 },
  ])('refuses %j', async (shape) => {
    const split = await splitOf(9);
    expect(() => contiguousWindows(split, shape)).toThrow('contiguousWindows: ');
  });
});
