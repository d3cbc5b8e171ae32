import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeOnEachDevice, numbersFrom, valuesOf } from './each-device.ts';

const problems = fc
  .array(fc.record({ count: fc.integer({ min: 1, max: 6 }), reduced: fc.boolean() }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((all) => ({
    shape: all.map(({ count }) => count),
    axes: all.flatMap(({ reduced }, axis) => (reduced ? [axis] : [])),
  }));

/** The cells that are reduced to each cell of the result, by plain loops. */
function groups(x: Float32Array, shape: readonly number[], axes: readonly number[]): number[][] {
  const found = new Map<string, number[]>();
  x.forEach((value, place) => {
    let rest = place;
    const index = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % (shape[axis] ?? 1);
      rest = Math.floor(rest / (shape[axis] ?? 1));
    }
    const key = index.filter((_, axis) => !axes.includes(axis)).join();
    found.set(key, [...(found.get(key) ?? []), value]);
  });
  return [...found.values()];
}

const sum = (cells: readonly number[]) => cells.reduce((total, cell) => total + cell, 0);
const size = (cells: readonly number[]) => cells.reduce((total, cell) => total + Math.abs(cell), 0);

/** What rounding each step of a plain float sum may lose. */
const lossOfSum = (cells: readonly number[]) => cells.length * 2 ** -24 * size(cells);

type Reduction = (x: tf.Tensor, axes: number[]) => tf.Tensor;
const reductions: [
  string,
  Reduction,
  (cells: readonly number[]) => number,
  (cells: readonly number[]) => number,
][] = [
  ['sum', tf.sum, sum, lossOfSum],
  [
    'mean',
    tf.mean,
    (cells) => sum(cells) / cells.length,
    (cells) => lossOfSum(cells) / cells.length + 2 ** -24,
  ],
  ['max', tf.max, (cells) => Math.max(...cells), () => 0],
  ['min', tf.min, (cells) => Math.min(...cells), () => 0],
  [
    'prod',
    tf.prod,
    (cells) => cells.reduce((product, cell) => product * cell, 1),
    (cells) =>
      cells.length * 2 ** -24 * Math.abs(cells.reduce((product, cell) => product * cell, 1)) +
      cells.length * 2 ** -150,
  ],
];

describeOnEachDevice('reductions', () => {
  it.each(reductions)('%s reduces any axes', (_, run, expected, tolerance) => {
    fc.assert(
      fc.property(problems, fc.integer(), ({ shape, axes }, seed) => {
        const x = numbersFrom(seed, tf.util.sizeFromShape(shape));
        const actual = valuesOf(() => run(tf.tensor(x, shape), axes));
        // No axes at all mean nothing to reduce here.
        const wrong = groups(x, shape, axes).findIndex(
          (cells, i) => !(Math.abs((actual[i] ?? Number.NaN) - expected(cells)) <= tolerance(cells)),
        );
        expect(wrong, `cell ${wrong} is ${actual[wrong]}`).toBe(-1);
      }),
      { numRuns: 80 },
    );
  });

  it.each([
    ['all', [1_000_003], [0]],
    ['rows', [3, 400_001], [1]],
    ['columns', [100_003, 7], [0]],
    ['wide columns', [1000, 1030], [0]],
    ['the middle', [5, 300, 200], [1]],
  ] as const)('sums %s of large tensors more exactly than one by one', (_, shape, axes) => {
    const x = numbersFrom(7, tf.util.sizeFromShape([...shape])).map((value) => 1 + value / 8);
    const actual = valuesOf(() => tf.sum(tf.tensor(x, [...shape]), [...axes]));
    const [axis] = axes;
    const inner = tf.util.sizeFromShape(shape.slice(axis + 1));
    const reduced = shape[axis] ?? 1;
    actual.forEach((value, i) => {
      let truth = 0;
      const first = Math.floor(i / inner) * reduced * inner + (i % inner);
      for (let row = 0; row < reduced; row++) truth += x[first + row * inner] ?? 0;
      expect(Math.abs(value - truth)).toBeLessThanOrEqual(truth * 2 ** -21);
    });
  });

  it('shows what is no number in a maximum and a minimum', () => {
    const x = () => tf.tensor2d([1, NaN, 3, 4, 5, 6], [2, 3]);
    expect(valuesOf(() => tf.max(x(), 1))).toEqual([NaN, 6]);
    expect(valuesOf(() => tf.min(x(), 0))).toEqual([1, NaN, 3]);
  });

  it('keeps reduced axes as 1 if asked', () => {
    expect(tf.tidy(() => tf.sum(tf.ones([2, 3, 4]), [0, 2], true).shape)).toEqual([1, 3, 1]);
  });

  it('sums truth values as whole numbers, and asks all and any', () => {
    const x = () => tf.tensor2d([1, 1, 0, 1, 0, 0], [3, 2], 'bool');
    const total = tf.tidy(() => {
      const result = tf.sum(x());
      return [result.dtype, result.dataSync()[0]];
    });
    expect(total).toEqual(['int32', 3]);
    expect(valuesOf(() => tf.all(x(), 1))).toEqual([1, 0, 0]);
    expect(valuesOf(() => tf.any(x(), 1))).toEqual([1, 1, 0]);
  });

  it('finds the first of the largest and of the smallest', () => {
    const x = () => tf.tensor2d([3, 9, 9, 1, 1, 0], [2, 3]);
    expect(valuesOf(() => tf.argMax(x(), 1))).toEqual([1, 0]);
    expect(valuesOf(() => tf.argMin(x(), 0))).toEqual([1, 1, 1]);
  });

  it('gives sums of nothing', () => {
    expect(valuesOf(() => tf.sum(tf.zeros([2, 0]), 1))).toEqual([0, 0]);
    expect(valuesOf(() => tf.prod(tf.zeros([0])))).toEqual([1]);
    expect(valuesOf(() => tf.max(tf.zeros([0, 3]), 1))).toEqual([]);
  });

  it('runs sums and products along an axis', () => {
    const x = () => tf.tensor2d([1, 2, 3, 4], [2, 2]);
    expect(valuesOf(() => tf.cumsum(x(), 0))).toEqual([1, 2, 4, 6]);
    expect(valuesOf(() => tf.cumsum(x(), 1, true))).toEqual([0, 1, 0, 3]);
    expect(valuesOf(() => tf.cumsum(x(), 1, false, true))).toEqual([3, 2, 7, 4]);
    expect(valuesOf(() => tf.cumprod(x(), 1))).toEqual([1, 2, 3, 12]);
  });

  it('makes rows of softmax that add up to 1, and are what the formula says', () => {
    const x = numbersFrom(9, 5 * 37).map((value) => value * 20);
    const actual = valuesOf(() => tf.softmax(tf.tensor2d(x, [5, 37])));
    for (let row = 0; row < 5; row++) {
      const cells = [...x.slice(row * 37, row * 37 + 37)];
      const most = Math.max(...cells);
      const total = sum(cells.map((cell) => Math.exp(cell - most)));
      cells.forEach((cell, i) => {
        const truth = Math.exp(cell - most) / total;
        expect(Math.abs((actual[row * 37 + i] ?? 0) - truth)).toBeLessThanOrEqual(
          truth * 2 ** -24 * (40 + Math.abs(cell - most)),
        );
      });
    }
  });

  it('shows what is no number in its row of softmax alone', () => {
    const actual = valuesOf(() => tf.softmax(tf.tensor2d([NaN, 0, 1, 1], [2, 2])));
    expect(actual).toEqual([NaN, NaN, 0.5, 0.5]);
  });
});
