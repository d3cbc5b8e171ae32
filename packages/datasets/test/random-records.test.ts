import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contiguousRecords, randomRecords, type TokenSplit } from '../src/index.ts';

/** A split of records in which each token tells its place. */
function imagined(records: number, record: number): TokenSplit {
  return {
    name: 'all',
    path: 'imagined',
    tokens: records * record,
    record,
    async read(start, into) {
      if (start + into.length > records * record) expect.fail(`reads beyond the end, from ${start} on`);
      for (let index = 0; index < into.length; index++) into[index] = start + index;
    },
  };
}

const options = { record: 4, batch: 2, seed: 7 };

/** The numbers of the records in the next `count` batches. */
async function recordsOf(records: number, batch: number, count: number, seed = 7): Promise<number[]> {
  const batches = randomRecords(imagined(records, 4), { record: 4, batch, seed });
  const found: number[] = [];
  for (let index = 0; index < count; index++) {
    const { targets } = await batches.next();
    for (let row = 0; row < batch; row++) found.push(targets[row * 4]! / 4);
  }
  return found;
}

async function ordersOf(records: number, epochs: number): Promise<number[][]> {
  const found = await recordsOf(records, records, epochs, 11);
  return Array.from({ length: epochs }, (_, epoch) => found.slice(epoch * records, (epoch + 1) * records));
}

/** χ² with d degrees of freedom has mean d and deviation √(2d): it is four of these away once in some ten thousand seeds. */
function expectEqualShares(found: readonly string[], cells: number): void {
  const counts = new Map<string, number>();
  for (const cell of found) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  const share = found.length / cells;
  const present = [...counts.values()].reduce((sum, count) => sum + (count - share) ** 2, 0);
  const chiSquare = (present + (cells - counts.size) * share ** 2) / share;
  expect(Math.abs(chiSquare - (cells - 1))).toBeLessThan(4 * Math.sqrt(2 * (cells - 1)));
}

describe('randomRecords', () => {
  it('gives whole records as targets, and all but their last tokens as inputs', async () => {
    const batch = await randomRecords(imagined(5, 4), options).next();
    expect(batch).toMatchObject({ length: 4, batch: 2, inputLength: 3 });
    for (const row of [0, 1]) {
      const first = batch.targets[row * 4]!;
      expect(first % 4).toBe(0);
      expect([...batch.targets.subarray(row * 4, row * 4 + 4)]).toEqual([
        first,
        first + 1,
        first + 2,
        first + 3,
      ]);
      expect([...batch.inputs.subarray(row * 3, row * 3 + 3)]).toEqual([first, first + 1, first + 2]);
    }
  });

  it('gives each record once in every epoch, in an order that changes with epoch and seed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.nat(), async (records, seed) => {
        const found = await recordsOf(records, 1, 2 * records, seed);
        const every = Array.from({ length: records }, (_, index) => index);
        expect(found.slice(0, records).sort((a, b) => a - b)).toEqual(every);
        expect(found.slice(records).sort((a, b) => a - b)).toEqual(every);
      }),
      { numRuns: 30 },
    );
    const found = await recordsOf(50, 1, 100);
    expect(found.slice(0, 50)).not.toEqual(found.slice(50));
    expect(found.slice(0, 50)).not.toEqual(await recordsOf(50, 1, 50, 8));
  });

  it('lets each record stand at each place about equally often', async () => {
    const counts = new Map<number, number>();
    const found = await recordsOf(10, 10, 2000);
    found.forEach((record, index) => {
      const cell = (index % 10) * 10 + record;
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    });
    expect(counts.size).toBe(100);
    // 200 expected in each of 100 cells, deviation 13.4: five deviations either way.
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(67);
  });

  it.each([2, 3, 4, 5, 6])('gives every order of %d records its share', async (records) => {
    const orders = Array.from({ length: records }, (_, index) => index + 1).reduce((a, b) => a * b);
    const found = await ordersOf(records, 4 * orders + 500);
    expectEqualShares(
      found.map((order) => order.join()),
      orders,
    );
  });

  it.each([10, 64, 65])(
    'lets any two of %d records stand at any two places equally often',
    async (records) => {
      const found = await ordersOf(records, 300);
      const places = found.map((order) => `${order.indexOf(0)} ${order.indexOf(records - 1)}`);
      expectEqualShares(places, records * (records - 1));
    },
  );

  it('goes on over the end of an epoch within a batch', async () => {
    const found = await recordsOf(5, 3, 10);
    expect(found).toEqual(await recordsOf(5, 1, 30));
  });

  it('goes on from a saved cursor with the very same batches', async () => {
    const split = imagined(7, 4);
    const records = randomRecords(split, options);
    for (let index = 0; index < 5; index++) await records.next();
    const cursor: unknown = JSON.parse(JSON.stringify(records.cursor()));
    const resumed = randomRecords(split, { ...options, cursor });
    expect(await resumed.next()).toEqual(await records.at(5));
    expect(resumed.cursor().next).toBe(6);
  });

  it('gives the orders of a seed that it always gave', async () => {
    // Computed by a second program: few records, and more than are exchanged one by one.
    expect(await recordsOf(6, 1, 12)).toEqual([1, 5, 3, 0, 2, 4, 3, 0, 1, 2, 5, 4]);
    expect((await recordsOf(70, 1, 82)).slice(70)).toEqual([58, 60, 42, 18, 37, 32, 67, 28, 4, 51, 21, 6]);
  });

  it.each([
    [
      'a size that is not the records’',
      { record: 2 },
      'record must be the size of the records in split "all"',
    ],
    ['a fractional size', { record: 1.5 }, 'length must be a whole number'],
    ['an empty batch', { batch: 0 }, 'batch must be a whole number'],
    ['a negative seed', { seed: -1 }, 'seed must be a whole number'],
    [
      'a cursor of windows',
      { cursor: { format: 'x' } },
      'cursor.format must be "sparse-transformers/random-records"',
    ],
  ])('refuses %s', (_name, wrong, message) => {
    expect(() => randomRecords(imagined(5, 4), { ...options, ...wrong })).toThrow(message);
  });

  it('refuses a split without a record, naming it', () => {
    expect(() => randomRecords(imagined(0, 4), options)).toThrow(
      'randomRecords: split "all" of imagined must have at least 4 tokens (one record), got 0',
    );
  });

  it('refuses a split that does not hold whole records', () => {
    const { record: _, ...split } = { ...imagined(3, 4), tokens: 13 };
    expect(() => randomRecords(split, options)).toThrow('which has 13 tokens, got 4');
  });
});

describe('contiguousRecords', () => {
  it('gives every record once in order, each token as a target', async () => {
    const records = contiguousRecords(imagined(5, 4), { record: 4, batch: 2 });
    expect([records.batches, records.predictions]).toEqual([3, 20]);
    const targets: number[] = [];
    for await (const batch of records) {
      expect(batch.inputLength).toBe(3);
      expect(batch.weights.reduce((sum, weight) => sum + weight, 0)).toBe(batch.count);
      targets.push(...batch.targets.subarray(0, batch.count));
    }
    expect(targets).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('fills up the last batch with zeros of no weight', async () => {
    const batch = await contiguousRecords(imagined(3, 4), { record: 4, batch: 2 }).at(1);
    expect([...batch.targets]).toEqual([8, 9, 10, 11, 0, 0, 0, 0]);
    expect([...batch.inputs]).toEqual([8, 9, 10, 0, 0, 0]);
    expect([...batch.weights]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  });

  it('refuses a batch that is not there', async () => {
    const records = contiguousRecords(imagined(3, 4), { record: 4, batch: 2 });
    await expect(records.at(2)).rejects.toThrow('batch index must be a whole number from 0 to 1, got 2');
  });
});
