import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeOnEachDevice, valuesOf } from './each-device.ts';

type Index = readonly number[];

/** The cells of a tensor of 0, 1, 2, … that a function of the index in the result names. */
function expected(shape: Index, from: Index, source: (index: number[]) => number[]): number[] {
  return Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, place) => {
    const own = source(tf.util.indexToLoc(place, shape.length, tf.util.computeStrides([...shape])));
    return own.reduce((cell, index, axis) => cell * (from[axis] ?? 1) + index, 0);
  });
}

const counting = (shape: Index, dtype: 'float32' | 'int32' = 'float32') =>
  tf.reshape(tf.range(0, tf.util.sizeFromShape([...shape]), 1, dtype), [...shape]);

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
const ordered = shapes.chain((shape) =>
  fc
    .shuffledSubarray(
      shape.map((_, axis) => axis),
      { minLength: shape.length, maxLength: shape.length },
    )
    .map((order) => ({ shape, order })),
);

describeOnEachDevice('movements', () => {
  it('transposes any axes', () => {
    fc.assert(
      fc.property(ordered, ({ shape, order }) => {
        const result = order.map((axis) => shape[axis] ?? 1);
        const truth = expected(result, shape, (index) =>
          shape.map((_, axis) => index[order.indexOf(axis)] ?? 0),
        );
        expect(valuesOf(() => tf.transpose(counting(shape), order))).toEqual(truth);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    [
      [131, 77],
      [1, 0],
    ],
    [
      [3, 64, 80],
      [0, 2, 1],
    ],
    [
      [2, 33, 4, 64],
      [0, 2, 1, 3],
    ],
    [
      [2, 100, 3, 48],
      [0, 2, 3, 1],
    ],
    [
      [17, 2, 40, 19],
      [3, 1, 0, 2],
    ],
  ])('transposes %j to %j in tiles', (shape, order) => {
    const result = order.map((axis) => shape[axis] ?? 1);
    const truth = expected(result, shape, (index) => shape.map((_, axis) => index[order.indexOf(axis)] ?? 0));
    expect(valuesOf(() => tf.transpose(counting(shape), order))).toEqual(truth);
  });

  it('transposes truth values', () => {
    const x = () => tf.cast(tf.tensor2d([1, 0, 1, 1, 0, 0], [2, 3]), 'bool');
    expect(valuesOf(() => tf.transpose(x()))).toEqual([1, 1, 0, 0, 1, 0]);
  });

  it('slices any part', () => {
    const parts = fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: 4 })), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(parts, (axes) => {
        const shape = axes.map(([before, after, count]) => before + count + after);
        const begin = axes.map(([before]) => before);
        const size = axes.map(([, , count]) => count);
        const truth = expected(size, shape, (index) => index.map((i, axis) => i + (begin[axis] ?? 0)));
        expect(valuesOf(() => tf.slice(counting(shape), begin, size))).toEqual(truth);
      }),
      { numRuns: 100 },
    );
  });

  it('slices with steps, forwards and backwards', () => {
    const x = () => counting([4, 6]);
    expect(valuesOf(() => tf.stridedSlice(x(), [0, 1], [4, 6], [2, 2]))).toEqual([1, 3, 5, 13, 15, 17]);
    expect(valuesOf(() => tf.stridedSlice(x(), [3, 5], [0, 0], [-2, -3]))).toEqual([23, 20, 11, 8]);
  });

  it('puts back together what it split along any axis', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), fc.integer({ min: 1, max: 4 }), (shape, place, pieces) => {
        const axis = place % shape.length;
        const whole = shape.with(axis, pieces * 2);
        const again = () => tf.concat(tf.split(counting(whole), pieces, axis), axis);
        expect(valuesOf(again)).toEqual(valuesOf(() => counting(whole)));
      }),
      { numRuns: 60 },
    );
  });

  it('puts tensors one behind the other', () => {
    expect(valuesOf(() => tf.concat([counting([2, 2]), counting([2, 1]), tf.zeros([2, 0])], 1))).toEqual([
      0, 1, 0, 2, 3, 1,
    ]);
    expect(valuesOf(() => tf.concat([tf.complex([1], [2]), tf.complex([3], [4])]))).toEqual([1, 2, 3, 4]);
  });

  it('stacks and takes apart', () => {
    expect(valuesOf(() => tf.stack([counting([2]), counting([2])], 1))).toEqual([0, 0, 1, 1]);
    expect(valuesOf(() => tf.concat(tf.unstack(counting([2, 3]), 1)))).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('surrounds a tensor with a value, or with its mirror image', () => {
    const x = () => counting([2, 2]);
    expect(
      valuesOf(() =>
        tf.pad(
          x(),
          [
            [1, 0],
            [0, 1],
          ],
          9,
        ),
      ),
    ).toEqual([9, 9, 9, 0, 1, 9, 2, 3, 9]);
    const line = () => tf.reshape(counting([3]), [3]);
    expect(valuesOf(() => tf.mirrorPad(line(), [[2, 2]], 'reflect'))).toEqual([2, 1, 0, 1, 2, 1, 0]);
    expect(valuesOf(() => tf.mirrorPad(line(), [[2, 2]], 'symmetric'))).toEqual([1, 0, 0, 1, 2, 2, 1]);
  });

  it('repeats along any axes', () => {
    const repeated = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 })), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(repeated, (axes) => {
        const shape = axes.map(([count]) => count);
        const result = axes.map(([count, times]) => count * times);
        const truth = expected(result, shape, (index) => index.map((i, axis) => i % (shape[axis] ?? 1)));
        expect(
          valuesOf(() =>
            tf.tile(
              counting(shape),
              axes.map(([, times]) => times),
            ),
          ),
        ).toEqual(truth);
      }),
      { numRuns: 80 },
    );
  });

  it('turns axes backwards', () => {
    expect(valuesOf(() => tf.reverse(counting([2, 3]), 1))).toEqual([2, 1, 0, 5, 4, 3]);
    expect(valuesOf(() => tf.reverse(counting([2, 3])))).toEqual([5, 4, 3, 2, 1, 0]);
  });

  it('moves blocks into the batch and back', () => {
    const x = () => counting([1, 4, 4, 3]);
    const blocks = () =>
      tf.spaceToBatchND(
        x(),
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      );
    expect(valuesOf(() => tf.slice(blocks(), [1, 0, 0, 0], [1, 1, 2, 3]))).toEqual([3, 4, 5, 9, 10, 11]);
    expect(
      valuesOf(() =>
        tf.batchToSpaceND(
          blocks(),
          [2, 2],
          [
            [0, 0],
            [0, 0],
          ],
        ),
      ),
    ).toEqual(valuesOf(x));
  });

  it('puts a tensor on a diagonal', () => {
    expect(valuesOf(() => tf.diag(tf.tensor1d([1, 2])))).toEqual([1, 0, 0, 2]);
  });

  it('makes tensors of one number in every dtype', () => {
    expect(valuesOf(() => tf.fill([5], 2.5))).toEqual([2.5, 2.5, 2.5, 2.5, 2.5]);
    expect(valuesOf(() => tf.fill([2], -7, 'int32'))).toEqual([-7, -7]);
    expect(valuesOf(() => tf.onesLike(tf.cast(tf.zeros([3]), 'bool')))).toEqual([1, 1, 1]);
    expect(valuesOf(() => tf.onesLike(tf.complex([5], [6])))).toEqual([1, 0]);
  });
});
