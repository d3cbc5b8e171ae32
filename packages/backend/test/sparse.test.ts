/** Sparse and ragged tensors, where TensorFlow.js's own suite has no spec: that values stay on the device, and edges. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeOnEachDevice } from './each-device.ts';

describeOnEachDevice('sparse tensors', () => {
  it('get a default in each empty row, whatever the order of the rows', () => {
    const filled = tf.sparse.sparseFillEmptyRows(
      tf.tensor2d([2, 5, 0, 1, 2, 4], [3, 2], 'int32'),
      tf.tensor1d([10, 20, 30]),
      tf.tensor1d([4, 6], 'int32'),
      tf.scalar(-1),
    );
    expect(filled['outputIndices']?.arraySync()).toEqual([
      [0, 1],
      [1, 0],
      [2, 5],
      [2, 4],
      [3, 0],
    ]);
    expect([...filled['outputValues']!.dataSync()]).toEqual([20, -1, 10, 30, -1]);
    expect([...filled['emptyRowIndicator']!.dataSync()]).toEqual([0, 1, 0, 1]);
    expect([...filled['reverseIndexMap']!.dataSync()]).toEqual([2, 0, 3]);
  });

  it('give means of rows by segment, and zeros for a segment without rows', () => {
    const data = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const ids = tf.tensor1d([0, 0, 2], 'int32');
    const y = tf.sparse.sparseSegmentMean(data, tf.tensor1d([0, 1, 2], 'int32'), ids);
    expect(y.arraySync()).toEqual([
      [2, 3],
      [0, 0],
      [5, 6],
    ]);
  });
});

describeOnEachDevice('ragged tensors', () => {
  it('are filled up and cut off, with a default of several numbers', () => {
    const y = tf.raggedTensorToTensor(
      tf.tensor1d([3, 2, 2], 'int32'),
      tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]),
      tf.tensor1d([-1, -2]),
      [tf.tensor1d([0, 3, 3, 4], 'int32')],
      ['ROW_SPLITS'],
    );
    expect(y.arraySync()).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [-1, -2],
        [-1, -2],
      ],
      [
        [7, 8],
        [-1, -2],
      ],
    ]);
  });

  it('refuse a value of a row that there is not', () => {
    const rowIds = tf.tensor1d([0, 5], 'int32');
    const first = tf.scalar(2, 'int32');
    expect(() =>
      tf.raggedTensorToTensor(
        tf.tensor1d([-1, -1], 'int32'),
        tf.tensor1d([1, 2]),
        tf.scalar(0),
        [first, rowIds],
        ['FIRST_DIM_SIZE', 'VALUE_ROWIDS'],
      ),
    ).toThrow('value 1 is of row 5, which is not less than 2');
  });
});
