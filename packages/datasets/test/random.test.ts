import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatasetError, type PhiloxCounter, philox, randomBelow } from '../src/index.ts';

const purpose = 'tests';

describe('philox', () => {
  // The known answers of the Random123 library for philox4x32-10.
  it.each<[string, PhiloxCounter, [number, number], string]>([
    ['zeros', [0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      'ones',
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      'digits of π',
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ])('gives the published words for %s', (_name, counter, key, words) => {
    expect(
      philox(counter, key)
        .map((word) => word.toString(16).padStart(8, '0'))
        .join(' '),
    ).toBe(words);
  });
});

describe('randomBelow', () => {
  // Computed by a second program, with whole numbers of any size.
  it.each([
    [1000, 1, 0, 0, 400],
    [1000, 1, 0, 1, 900],
    [1000, 1, 1, 0, 880],
    [2 ** 53 - 1, 2 ** 53 - 1, 2 ** 40 + 3, 7, 8106180790743980],
    [2 ** 33 + 5, 9, 2, 2, 7714045634],
    // Half of all draws are thrown away below this limit.
    [2 ** 52 + 1, 5, 0, 0, 2426280270686852],
    [2 ** 52 + 1, 5, 0, 1, 4288954757231985],
    [2 ** 52 + 1, 5, 0, 2, 4143791772201271],
    [2 ** 52 + 1, 5, 0, 3, 258569894829775],
  ])('below %d, seed %d, index %d, row %d gives %d', (limit, seed, index, row, expected) => {
    expect(randomBelow(limit, { seed, purpose, index, row })).toBe(expected);
  });

  it('gives other numbers for another purpose', () => {
    expect(randomBelow(1000, { seed: 1, purpose: 'other tests', index: 0, row: 0 })).toBe(294);
  });

  it('stays a whole number below any limit', () => {
    const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        whole,
        whole,
        fc.nat(),
        (limit, seed, index, row) => {
          const value = randomBelow(limit, { seed, purpose, index, row });
          expect(Number.isInteger(value) && value >= 0 && value < limit).toBe(true);
        },
      ),
    );
  });

  it('gives each number its share', () => {
    const counts = new Array<number>(7).fill(0);
    for (let index = 0; index < 70_000; index++)
      counts[randomBelow(7, { seed: 3, purpose, index, row: 0 })]!++;
    // χ² with 6 degrees of freedom passes 22.5 once in a thousand seeds; this seed is fixed.
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(22.5);
  });

  it('gives the lower and upper half of a limit above 2⁵² their share', () => {
    const limit = 3 * 2 ** 51;
    let low = 0;
    for (let index = 0; index < 10_000; index++)
      if (randomBelow(limit, { seed: 1, purpose, index, row: 0 }) < limit / 2) low++;
    // A bare remainder would put two thirds here.
    expect(Math.abs(low - 5000)).toBeLessThan(200);
  });

  it.each([
    [0, 0, 0, 0, 'limit'],
    [2 ** 53, 0, 0, 0, 'limit'],
    [5, -1, 0, 0, 'seed'],
    [5, 0.5, 0, 0, 'seed'],
    [5, 0, Number.NaN, 0, 'index'],
    [5, 0, 0, 2 ** 32, 'row'],
  ])('refuses limit %d, seed %d, index %d, row %d by the name %s', (limit, seed, index, row, name) => {
    expect(() => randomBelow(limit, { seed, purpose, index, row })).toThrow(DatasetError);
    expect(() => randomBelow(limit, { seed, purpose, index, row })).toThrow(
      `randomBelow: ${name} must be a whole number`,
    );
  });
});
