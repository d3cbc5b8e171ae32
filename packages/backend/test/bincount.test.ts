import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeOnEachDevice } from './each-device.ts';

describeOnEachDevice('bincount', () => {
  const x = () => tf.tensor1d([1, 4, 1, 0], 'int32');

  it('counts, and leaves out what is too large', () => {
    expect([...tf.bincount(x(), tf.tensor1d([]), 3).dataSync()]).toEqual([1, 2, 0]);
  });

  it('adds whole weights exactly', () => {
    const y = tf.bincount(x(), tf.tensor1d([2 ** 24, 1, 1, 3], 'int32'), 2);
    expect([y.dtype, ...y.dataSync()]).toEqual(['int32', 3, 2 ** 24 + 1]);
  });

  it('counts in each row by itself', () => {
    const y = tf.denseBincount(tf.tensor2d([1, 1, 0, 2], [2, 2], 'int32'), tf.tensor2d([], [0, 0]), 3);
    expect(y.arraySync()).toEqual([
      [0, 2, 0],
      [1, 0, 1],
    ]);
  });

  it('says whether a number occurs', () => {
    const y = tf.denseBincount(x(), tf.tensor1d([]), 5, true);
    expect([...y.dataSync()]).toEqual([1, 1, 0, 0, 1]);
  });

  it('refuses negative numbers', () => {
    const bad = tf.tensor1d([1, -3], 'int32');
    expect(() => tf.bincount(bad, tf.tensor1d([]), 3)).toThrow(
      'Bincount: Input x must be non-negative! Number 1 of it is -3.',
    );
  });
});

describeOnEachDevice('searchSorted', () => {
  it.each(['left', 'right'] as const)('finds the place at the %s of equal numbers', (side) => {
    const sorted = tf.tensor2d([0, 2, 2, 5, 1, 1, 1, 1], [2, 4]);
    const y = tf.searchSorted(sorted, tf.tensor2d([2, 9, 1, -1], [2, 2]), side);
    expect(y.arraySync()).toEqual(
      side === 'left'
        ? [
            [1, 4],
            [0, 0],
          ]
        : [
            [3, 4],
            [4, 0],
          ],
    );
  });
});
