import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeOnEachDevice } from './each-device.ts';

/** Values and places of one row. */
function topK(row: readonly number[], k: number, dtype: 'float32' | 'int32' = 'float32') {
  const { values, indices } = tf.topk(tf.tensor1d([...row], dtype), k);
  return { values: [...values.dataSync()], places: [...indices.dataSync()] };
}

/** The same by sorting. */
function sorted(row: readonly number[], k: number) {
  const places = [...row.keys()].sort((a, b) => row[b]! - row[a]! || a - b).slice(0, k);
  return { values: places.map((place) => row[place]), places };
}

describeOnEachDevice('topk', () => {
  it.each([1, 2, 3, 7, 64, 100])(
    'gives the %d largest of 100 as a sort does, the first of equal ones first',
    (k) => {
      const row = Array.from({ length: 100 }, (_, place) => (place * 37) % 23);
      expect(topK(row, k)).toEqual(sorted(row, k));
    },
  );

  it('takes places in order where all are equal', () => {
    expect(topK([5, 5, 5, 5, 5], 3).places).toEqual([0, 1, 2]);
  });

  it('tells whole numbers apart that floats do not', () => {
    expect(topK([2 ** 24, 2 ** 24 + 1], 1, 'int32')).toEqual({ values: [2 ** 24 + 1], places: [1] });
  });

  it('puts true before false', () => {
    const { values, indices } = tf.topk(tf.tensor1d([false, true, true], 'bool'), 2);
    expect([values.dtype, ...values.dataSync(), ...indices.dataSync()]).toEqual(['bool', 1, 1, 1, 2]);
  });

  it('takes what is no number last', () => {
    expect(topK([Number.NaN, 1, Number.NEGATIVE_INFINITY], 2).places).toEqual([1, 2]);
  });

  it('works row by row', () => {
    const { values, indices } = tf.topk(tf.tensor2d([1, 3, 2, 9, 7, 8], [2, 3]), 2);
    expect([values.arraySync(), indices.arraySync()]).toEqual([
      [
        [3, 2],
        [9, 8],
      ],
      [
        [1, 2],
        [0, 2],
      ],
    ]);
  });

  it('gives nothing for k = 0', () => {
    expect(tf.topk(tf.tensor2d([1, 2], [1, 2]), 0).values.shape).toEqual([1, 0]);
  });
});
