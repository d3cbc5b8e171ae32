import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeOnEachDevice } from './each-device.ts';

/** Where each number of the tensor is its own place. */
const counted = (shape: number[], dtype: 'float32' | 'int32' = 'float32') =>
  tf.reshape(tf.range(0, tf.util.sizeFromShape(shape), 1, dtype), shape);

describeOnEachDevice('gather', () => {
  it('takes rows in any order, more than once', () => {
    const y = tf.gather(counted([3, 2]), tf.tensor1d([2, 0, 2], 'int32'));
    expect(y.arraySync()).toEqual([
      [4, 5],
      [0, 1],
      [4, 5],
    ]);
  });

  it('takes slices of an axis in the middle', () => {
    const y = tf.gather(counted([2, 3, 2]), tf.tensor1d([1], 'int32'), 1);
    expect(y.arraySync()).toEqual([[[2, 3]], [[8, 9]]]);
  });

  it('takes as many rows as go to several threads', () => {
    const indices = Int32Array.from({ length: 5000 }, (_, place) => (place * 7) % 100);
    const x = counted([100, 9]);
    const y = tf.gather(x, tf.tensor1d(indices, 'int32')).dataSync();
    const wrong = [...y.keys()].filter((cell) => y[cell] !== indices[Math.floor(cell / 9)]! * 9 + (cell % 9));
    expect(wrong).toEqual([]);
  });

  it.each(['bool', 'int32'] as const)('keeps the dtype %s', (dtype) => {
    const y = tf.gather(tf.tensor1d([1, 0, 1], dtype), tf.tensor1d([1, 2], 'int32'));
    expect([y.dtype, ...y.dataSync()]).toEqual([dtype, 0, 1]);
  });

  it('gives an empty tensor for no indices', () => {
    expect(tf.gather(counted([3, 2]), tf.tensor1d([], 'int32')).shape).toEqual([0, 2]);
  });

  it.each([-1, 3, 2 ** 31 - 1, -(2 ** 31)])('refuses the index %d, and frees its output', (bad) => {
    const x = counted([3, 2]);
    const indices = tf.tensor1d([0, bad], 'int32');
    const before = tf.memory().numDataBuffers;
    expect(() => tf.gather(x, indices)).toThrow(`GatherV2: the index value ${bad} is not in [0, 2]`);
    expect(tf.memory().numDataBuffers).toBe(before);
  });
});

describeOnEachDevice('gatherND', () => {
  it('takes slices by the indices of the first axes', () => {
    const y = tf.gatherND(counted([2, 3, 2], 'int32'), tf.tensor2d([1, 2, 0, 1], [2, 2], 'int32'));
    expect(y.arraySync()).toEqual([
      [10, 11],
      [2, 3],
    ]);
  });

  it('looks at each axis by itself', () => {
    const place = tf.tensor2d([0, 3], [1, 2], 'int32');
    expect(() => tf.gatherND(counted([2, 3]), place)).toThrow(
      /\[0,3\], number 0 of them, does not index into \[2,3\]/,
    );
  });
});
