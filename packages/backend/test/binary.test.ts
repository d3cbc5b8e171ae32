import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeOnEachDevice, numbersFrom, valuesOf } from './each-device.ts';

/** Two shapes that broadcast: one shape, of which either side has some axes as 1 and some in front left out. */
const shapes = fc
  .array(fc.record({ count: fc.integer({ min: 1, max: 5 }), side: fc.integer({ min: 0, max: 3 }) }), {
    maxLength: 6,
  })
  .chain((axes) =>
    fc.tuple(fc.nat(axes.length), fc.nat(axes.length)).map(([dropA, dropB]) => ({
      a: axes.slice(dropB > 0 ? dropA : 0).map(({ count, side }) => (side === 1 ? 1 : count)),
      b: axes.slice(dropB > 0 ? 0 : dropA).map(({ count, side }) => (side === 2 ? 1 : count)),
    })),
  );

/** The cell of a smaller shape that stands at a place of a larger one. */
function cellAt(place: number, shape: readonly number[], own: readonly number[]): number {
  let [rest, cell, stride] = [place, 0, 1];
  for (let back = 1; back <= shape.length; back++) {
    const count = shape.at(-back) ?? 1;
    const ownCount = own.at(-back) ?? 1;
    if (back <= own.length) cell += (rest % count) * (ownCount === 1 ? 0 : stride);
    stride *= back <= own.length ? ownCount : 1;
    rest = Math.floor(rest / count);
  }
  return cell;
}

const arithmetic: [
  name: string,
  run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  expected: (a: number, b: number) => number,
][] = [
  ['add', tf.add, (a, b) => a + b],
  ['sub', tf.sub, (a, b) => a - b],
  ['mul', tf.mul, (a, b) => a * b],
  ['div', tf.div, (a, b) => a / b],
  ['maximum', tf.maximum, Math.max],
  ['minimum', tf.minimum, Math.min],
  ['less', tf.less, (a, b) => (a < b ? 1 : 0)],
  ['greaterEqual', tf.greaterEqual, (a, b) => (a >= b ? 1 : 0)],
];

describeOnEachDevice('functions of two operands', () => {
  it.each(arithmetic)('%s broadcasts any shapes that fit', (_, run, expected) => {
    fc.assert(
      fc.property(shapes, fc.integer(), ({ a, b }, seed) => {
        const [valuesA, valuesB] = [a, b].map((shape, side) =>
          numbersFrom(seed + side, tf.util.sizeFromShape(shape)),
        ) as [Float32Array, Float32Array];
        const shape = tf.backend_util.assertAndGetBroadcastShape(a, b);
        const actual = valuesOf(() => run(tf.tensor(valuesA, a), tf.tensor(valuesB, b)));
        const truth = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, place) =>
          Math.fround(expected(valuesA[cellAt(place, shape, a)] ?? 0, valuesB[cellAt(place, shape, b)] ?? 0)),
        );
        expect(actual).toEqual(truth);
      }),
      { numRuns: 60 },
    );
  });

  it('works on operands that many threads share', () => {
    const x = numbersFrom(1, 300_000);
    const y = numbersFrom(2, 3000);
    const actual = valuesOf(() => tf.add(tf.tensor2d(x, [100, 3000]), tf.tensor1d(y)));
    expect(actual.every((value, i) => value === Math.fround((x[i] ?? 0) + (y[i % 3000] ?? 0)))).toBe(true);
  });

  it('raises to powers within a unit in the last place', () => {
    const x = numbersFrom(3, 20_000).map((value) => Math.abs(value) * 30);
    const y = numbersFrom(4, 20_000).map((value) => value * 20);
    const actual = valuesOf(() => tf.pow(tf.tensor1d(x), tf.tensor1d(y)));
    const wrong = actual.findIndex((value, i) => {
      const truth = (x[i] ?? 0) ** (y[i] ?? 0);
      return !(Math.abs(value - truth) <= Math.abs(truth) * 2 ** -23);
    });
    expect(wrong, `${x[wrong]} to the power of ${y[wrong]} is ${actual[wrong]}`).toBe(-1);
  });

  it('has the powers of 0, 1, infinity and negative numbers that JavaScript has', () => {
    const edges = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, Infinity, -Infinity, NaN];
    const pairs = edges.flatMap((x) => edges.map((y) => [x, y] as const));
    const actual = valuesOf(() =>
      tf.pow(tf.tensor1d(pairs.map(([x]) => x)), tf.tensor1d(pairs.map(([, y]) => y))),
    );
    expect(actual).toEqual(pairs.map(([x, y]) => Math.fround(x ** y)));
  });

  it('has the angles of atan2 in all quadrants', () => {
    const edges = [0, -0, 1, -1, 3, -3, 1e-30, Infinity, -Infinity, NaN];
    const pairs = edges.flatMap((y) => edges.map((x) => [y, x] as const));
    const actual = valuesOf(() =>
      tf.atan2(tf.tensor1d(pairs.map(([y]) => y)), tf.tensor1d(pairs.map(([, x]) => x))),
    );
    actual.forEach((value, i) => {
      const [y, x] = pairs[i] ?? [0, 0];
      const truth = Math.atan2(y, x);
      if (Number.isNaN(truth)) expect(value).toBeNaN();
      else expect(Math.abs(value - truth)).toBeLessThanOrEqual(4 * 2 ** -24 * Math.abs(truth));
    });
  });

  it('takes the remainder exactly, with the sign of the divisor', () => {
    const pairs = [
      [5.5, 2],
      [-5.5, 2],
      [5.5, -2],
      [-5.5, -2],
      [1e30, 7],
      [3e38, 1e-3],
    ] as const;
    const expected = pairs.map(([x, y]) => {
      const [a, b] = [Math.fround(x), Math.fround(y)];
      return a < 0 === b < 0 ? a % b : Math.fround(((a % b) + b) % b);
    });
    expect(
      valuesOf(() => tf.mod(tf.tensor1d(pairs.map(([x]) => x)), tf.tensor1d(pairs.map(([, y]) => y)))),
    ).toEqual(expected);
    expect(
      valuesOf(() => tf.mod(tf.tensor1d([5, -5, 5], 'int32'), tf.tensor1d([3, 3, -3], 'int32'))),
    ).toEqual([2, 1, -1]);
  });

  it('divides whole numbers downwards', () => {
    const divide = () =>
      tf.floorDiv(tf.tensor1d([7, -7, 7, -7], 'int32'), tf.tensor1d([2, 2, -2, -2], 'int32'));
    expect(valuesOf(divide)).toEqual([3, -4, -4, 3]);
  });

  it('wraps whole numbers at 32 bits', () => {
    const product = () => tf.mul(tf.scalar(65537, 'int32'), tf.tensor1d([65537, -3], 'int32'));
    expect(valuesOf(product)).toEqual([Math.imul(65537, 65537), -196611]);
  });

  it('shows what is no number in maximum, minimum and comparisons', () => {
    const [a, b] = [tf.tensor1d([NaN, 1, NaN]), tf.tensor1d([1, NaN, NaN])];
    expect(valuesOf(() => tf.maximum(a, b))).toEqual([NaN, NaN, NaN]);
    expect(valuesOf(() => tf.minimum(a, b))).toEqual([NaN, NaN, NaN]);
    expect(valuesOf(() => tf.equal(a, b))).toEqual([0, 0, 0]);
    expect(valuesOf(() => tf.notEqual(a, b))).toEqual([1, 1, 1]);
  });

  it('multiplies complex numbers', () => {
    const product = () => tf.mul(tf.complex([1, 2], [3, 4]), tf.complex([5], [6]));
    expect(valuesOf(product)).toEqual([-13, 21, -14, 32]);
  });

  it('adds many tensors', () => {
    expect(valuesOf(() => tf.addN([tf.ones([3]), tf.tensor1d([1, 2, 3]), tf.ones([3])]))).toEqual([3, 4, 5]);
  });

  it('takes each cell from one of two tensors', () => {
    const choose = () => tf.where(tf.tensor1d([1, 0, 1], 'bool'), tf.tensor1d([1, 2, 3]), tf.zeros([3]));
    expect(valuesOf(choose)).toEqual([1, 0, 3]);
    const rows = () => tf.where(tf.tensor2d([[1], [0]], [2, 1], 'bool'), tf.ones([2, 3]), tf.zeros([2, 3]));
    expect(valuesOf(rows)).toEqual([1, 1, 1, 0, 0, 0]);
  });
});
