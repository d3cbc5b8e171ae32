import { errorWithin, randomFrom } from '@sparse-transformers/testing';
import { expect, it } from 'vitest';
import { attendRows } from '../src/decoding/attend-rows.ts';

const [keyWidth, valueWidth, cached] = [6, 10, 50];

/** Softmax attention by plain loops, every step rounded. */
function plain(
  query: Float32Array,
  keys: Float32Array,
  values: Float32Array,
  shown: Int32Array,
  round: (x: number) => number,
) {
  const scores = Array.from(shown, (row) => {
    let sum = 0;
    for (let cell = 0; cell < keyWidth; cell++)
      sum = round(sum + round(query[cell]! * keys[row * keyWidth + cell]!));
    return round(sum / round(Math.sqrt(keyWidth)));
  });
  const most = Math.max(...scores);
  const weights = scores.map((score) => round(Math.exp(round(score - most))));
  const total = weights.reduce((a, b) => round(a + b), 0);
  return Array.from({ length: valueWidth }, (_, cell) => {
    const sum = weights.reduce(
      (a, weight, i) => round(a + round(weight * values[shown[i]! * valueWidth + cell]!)),
      0,
    );
    return round(sum / total);
  });
}

it.each([1, 2, 3, 4, 5, 8, 31])('gives the softmax of %i rows, wherever they lie', (count) => {
  const random = randomFrom(count);
  const [query, keys, values] = [8, cached * keyWidth, cached * valueWidth].map((size) =>
    Float32Array.from(random.normals(size, 3)),
  ) as [Float32Array, Float32Array, Float32Array];
  const shown = Int32Array.from({ length: count }, (_, i) => (i * 37 + 11) % cached);
  const result = new Float32Array(valueWidth + 4).fill(7);
  const rows = { keys, values, keyWidth, valueWidth };
  attendRows({ values: query, first: 2 }, rows, shown, { values: result, first: 3 });
  const asked = query.subarray(2);
  errorWithin('attendRows', {
    actual: [...result.subarray(3, 3 + valueWidth)],
    exact: plain(asked, keys, values, shown, (x) => x),
    plain: plain(asked, keys, values, shown, Math.fround),
  });
  expect([...result.subarray(0, 3), result[13]]).toEqual([7, 7, 7, 7]);
});

it('reads no row that is not shown, whatever stands there', () => {
  const random = randomFrom(5);
  const numbers = (size: number) => Float32Array.from(random.normals(size));
  const [query, clean] = [
    numbers(keyWidth),
    { keys: numbers(cached * keyWidth), values: numbers(cached * valueWidth) },
  ];
  const shown = Int32Array.from({ length: 9 }, (_, i) => (i * 37 + 11) % cached);
  const attend = (rows: { keys: Float32Array; values: Float32Array }) => {
    const result = new Float32Array(valueWidth);
    attendRows({ values: query, first: 0 }, { ...rows, keyWidth, valueWidth }, shown, {
      values: result,
      first: 0,
    });
    return [...result];
  };
  for (const poison of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38]) {
    const planted = (values: Float32Array, width: number) =>
      values.map((value, cell) => (shown.includes(Math.floor(cell / width)) ? value : poison));
    const poisoned = {
      keys: planted(clean.keys, keyWidth),
      values: planted(clean.values, valueWidth),
    };
    expect(attend(poisoned)).toEqual(attend(clean));
  }
});

it('gives zeros where there are no rows', () => {
  const result = new Float32Array(3).fill(7);
  const rows = { keys: new Float32Array(0), values: new Float32Array(0), keyWidth: 2, valueWidth: 3 };
  attendRows({ values: new Float32Array(2), first: 0 }, rows, new Int32Array(0), {
    values: result,
    first: 0,
  });
  expect([...result]).toEqual([0, 0, 0]);
});

it('stays finite for scores far apart, whichever comes first', () => {
  for (const keys of [Float32Array.of(-900, 900), Float32Array.of(900, -900)]) {
    const result = new Float32Array(1);
    const rows = { keys, values: Float32Array.of(1, 2), keyWidth: 1, valueWidth: 1 };
    attendRows({ values: Float32Array.of(5), first: 0 }, rows, Int32Array.of(0, 1), {
      values: result,
      first: 0,
    });
    expect(result[0]).toBe(keys[0]! > 0 ? 1 : 2);
  }
});
