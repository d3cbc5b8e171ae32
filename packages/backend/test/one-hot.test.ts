import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeOnEachDevice } from './each-device.ts';

describeOnEachDevice('oneHot', () => {
  it.each(['float32', 'int32', 'bool'] as const)('has the numbers of the dtype %s', (dtype) => {
    const y = tf.oneHot(tf.tensor1d([1, 0], 'int32'), 3, 1, 0, dtype);
    expect([y.dtype, [...y.dataSync()]]).toEqual([dtype, [0, 1, 0, 1, 0, 0]]);
  });

  it('takes any two numbers', () => {
    const y = tf.oneHot(tf.tensor1d([2], 'int32'), 3, 0.5, -0.25, 'float32');
    expect([...y.dataSync()]).toEqual([-0.25, -0.25, 0.5]);
  });

  it('has no one for an index outside', () => {
    const y = tf.oneHot(tf.tensor1d([-1, 3], 'int32'), 3, 1, 0, 'float32');
    expect([...y.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
