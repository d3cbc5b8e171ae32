import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomBelow, randomWindows, type TokenSplit } from '../src/index.ts';
import { fileOf, openForTest, openWhole } from './temporary-folder.ts';

/** Text of which every byte tells its place: 0, 1, … 99. */
const hundred = Uint8Array.from({ length: 100 }, (_, index) => index);
const options = { length: 8, batch: 3, seed: 7 };

async function splitOf(bytes: Uint8Array | string): Promise<TokenSplit> {
  return (await openWhole(bytes)).split('all');
}

/** A split of any length that holds token k mod 251 at k, without a file. */
function imagined(tokens: number): TokenSplit {
  return {
    name: 'all',
    path: 'imagined.txt',
    tokens,
    async read(start, into) {
      expect(start + into.length).toBeLessThanOrEqual(tokens);
      into.forEach((_, index) => {
        into[index] = (start + index) % 251;
      });
    },
  };
}

describe('randomWindows', () => {
  it('begins the windows of a seed where they always began', async () => {
    const windows = randomWindows(await splitOf(hundred), options);
    const starts: number[][] = [];
    for (let index = 0; index < 3; index++) {
      const { inputs } = await windows.next();
      starts.push([0, 1, 2].map((row) => inputs[row * 8]!));
    }
    // Computed by a second program.
    expect(starts).toEqual([
      [82, 43, 18],
      [84, 13, 58],
      [51, 38, 34],
    ]);
  });

  it('gives inputs, and as targets the tokens after them', async () => {
    const batch = await randomWindows(await splitOf(hundred), { ...options, batch: 2 }).next();
    const { inputs, targets } = batch;
    expect(batch.inputLength).toBe(8);
    expect([...inputs]).toEqual([82, 83, 84, 85, 86, 87, 88, 89, 43, 44, 45, 46, 47, 48, 49, 50]);
    expect([...targets]).toEqual([83, 84, 85, 86, 87, 88, 89, 90, 44, 45, 46, 47, 48, 49, 50, 51]);
  });

  it('goes on from a saved cursor with the very same batches', async () => {
    const split = await splitOf(hundred);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 20 }), fc.nat({ max: Number.MAX_SAFE_INTEGER }), async (done, seed) => {
        const windows = randomWindows(split, { ...options, seed });
        for (let index = 0; index < done; index++) await windows.next();
        const cursor: unknown = JSON.parse(JSON.stringify(windows.cursor()));
        const resumed = randomWindows(split, { ...options, seed, cursor });
        expect([await resumed.next(), await resumed.next()]).toEqual([
          await windows.next(),
          await windows.next(),
        ]);
        expect(resumed.cursor()).toEqual(windows.cursor());
      }),
      { numRuns: 30 },
    );
  });

  it('gives batch k without the ones before it, leaving the cursor', async () => {
    const split = await splitOf(hundred);
    const windows = randomWindows(split, options);
    const third = await windows.at(2);
    expect(windows.cursor().next).toBe(0);
    await windows.next();
    await windows.next();
    expect(await windows.next()).toEqual(third);
  });

  it('gives batches in order to calls that overlap', async () => {
    const windows = randomWindows(await splitOf(hundred), options);
    const [first, second] = await Promise.all([windows.next(), windows.next()]);
    expect([first, second]).toEqual([await windows.at(0), await windows.at(1)]);
  });

  it('begins at every token, the first and the last that leave room, and at no other', async () => {
    const windows = randomWindows(await splitOf(hundred.subarray(0, 12)), { ...options, batch: 200 });
    const { inputs } = await windows.next();
    const starts = new Set(Array.from({ length: 200 }, (_, row) => inputs[row * 8]!));
    expect([...starts].sort()).toEqual([0, 1, 2, 3]);
  });

  it('takes a split of exactly one window and the token after it', async () => {
    const { inputs, targets } = await randomWindows(await splitOf('abc'), {
      length: 2,
      batch: 1,
      seed: 0,
    }).next();
    expect([[...inputs], [...targets]]).toEqual([
      [97, 98],
      [98, 99],
    ]);
  });

  it('reaches places beyond 2³² tokens', async () => {
    const split = imagined(2 ** 50);
    const { inputs } = await randomWindows(split, { ...options, batch: 1 }).next();
    const start = randomBelow(2 ** 50 - 8, { seed: 7, purpose: 'windows', index: 0, row: 0 });
    expect(start).toBeGreaterThan(2 ** 32);
    expect(inputs[0]).toBe(start % 251);
  });

  it('refuses a split shorter than one window, naming file, split and numbers', async () => {
    const path = await fileOf(hundred);
    const dataset = await openForTest(path);
    expect(() => randomWindows(dataset.split('valid'), { ...options, length: 10 })).toThrow(
      `randomWindows: split "valid" of ${path} must have at least 11 tokens (a window and the token after it), got 10; ` +
        'take a longer file, a larger share of it, or a shorter length',
    );
  });

  it.each([
    [{ length: 0 }, 'length must be a whole number from 1 to 268435456, got 0'],
    [{ length: 1.5 }, 'length must be'],
    [{ batch: -3 }, 'batch must be a whole number from 1 to 33554432, got -3'],
    [{ batch: 2 ** 26 }, 'batch must be'],
    [{ seed: -1 }, 'seed must be'],
    [{ seed: 2 ** 53 }, 'seed must be'],
    [{ seed: Number.NaN }, 'seed must be'],
  ])('refuses %j', (wrong, message) => {
    expect(() => randomWindows(imagined(1000), { ...options, ...wrong })).toThrow(
      `randomWindows: ${message}`,
    );
  });

  it.each([
    ['of another seed', { seed: 8 }, 'cursor.seed must be 7, got 8'],
    ['of another length', { length: 4 }, 'cursor.length must be 8, got 4'],
    ['of another batch', { batch: 4 }, 'cursor.batch must be 3, got 4'],
    ['of another split', { split: 'train' }, 'cursor.split must be "all", got "train"'],
    ['of a longer split', { tokens: 101 }, 'cursor.tokens must be 100, got 101'],
    ['of another version', { version: 1 }, 'cursor.version must be 2, got 1'],
    [
      'of another form',
      { format: 'x' },
      'cursor.format must be "sparse-transformers/random-windows", got "x"',
    ],
    ['with a negative place', { next: -1 }, 'cursor.next must be a whole number'],
    [
      'with text for a place',
      { next: '1' },
      'cursor.next must be a whole number from 0 to 9007199254740991, got "1"',
    ],
    [
      'with a hostile place',
      { next: { toString: 1 } },
      'cursor.next must be a whole number from 0 to 9007199254740991, got an object',
    ],
  ])('refuses a cursor %s', (_name, wrong, message) => {
    const split = imagined(100);
    const cursor = { ...randomWindows(split, options).cursor(), ...wrong };
    expect(() => randomWindows(split, { ...options, cursor })).toThrow(message);
  });

  it.each<[unknown]>([[null], [3], ['text'], [[]]])('refuses %j for a cursor', (cursor) => {
    expect(() => randomWindows(imagined(100), { ...options, cursor })).toThrow('cursor.format must be');
  });
});
