import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeOnEachDevice } from './each-device.ts';
import { withThreads } from './with-threads.ts';

describeOnEachDevice('scatterND', () => {
  it('adds up what goes to one place', () => {
    const y = tf.scatterND(tf.tensor2d([1, 3, 1], [3, 1], 'int32'), tf.tensor1d([1, 2, 4]), [5]);
    expect([...y.dataSync()]).toEqual([0, 5, 0, 2, 0]);
  });

  it('puts whole slices', () => {
    const updates = tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32');
    const y = tf.scatterND(tf.tensor2d([2, 0], [2, 1], 'int32'), updates, [3, 2]);
    expect([y.dtype, y.arraySync()]).toEqual([
      'int32',
      [
        [3, 4],
        [0, 0],
        [1, 2],
      ],
    ]);
  });

  it('of bools says whether any of them is true', () => {
    const updates = tf.tensor1d([true, true, false], 'bool');
    const y = tf.scatterND(tf.tensor2d([1, 1, 2], [3, 1], 'int32'), updates, [3]);
    expect([y.dtype, ...y.dataSync()]).toEqual(['bool', 0, 1, 0]);
  });

  it.each([-1, 5])('refuses the place %d', (bad) => {
    const indices = tf.tensor2d([0, bad], [2, 1], 'int32');
    expect(() => tf.scatterND(indices, tf.tensor1d([1, 2]), [5])).toThrow(`Invalid indices: [${bad}]`);
  });
});

describeOnEachDevice('tensorScatterUpdate', () => {
  it('lets the last of several slices win, and leaves the tensor itself as it was', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const y = tf.tensorScatterUpdate(x, tf.tensor2d([1, 1], [2, 1], 'int32'), tf.tensor1d([8, 9]));
    expect([[...y.dataSync()], [...x.dataSync()]]).toEqual([
      [1, 9, 3],
      [1, 2, 3],
    ]);
  });
});

describeOnEachDevice('sparseToDense', () => {
  it('fills the rest with the default, and puts one value at all places', () => {
    const y = tf.sparseToDense(tf.tensor2d([0, 1, 2, 0], [2, 2], 'int32'), 7, [3, 2], -1);
    expect(y.arraySync()).toEqual([
      [-1, 7],
      [-1, -1],
      [7, -1],
    ]);
  });
});

describeOnEachDevice('sparseToDense of bools', () => {
  it('keeps the dtype', () => {
    const places = tf.tensor1d([2], 'int32');
    const y = tf.sparseToDense(places, tf.tensor1d([true], 'bool'), [3], tf.scalar(false, 'bool'));
    expect([y.dtype, ...y.dataSync()]).toEqual(['bool', 0, 0, 1]);
  });
});

describeOnEachDevice('unsortedSegmentSum', () => {
  it('leaves out rows whose segment there is not', () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const y = tf.unsortedSegmentSum(x, tf.tensor1d([1, -1, 2], 'int32'), 2);
    expect(y.arraySync()).toEqual([
      [0, 0],
      [1, 2],
    ]);
  });

  it('adds whole numbers exactly', () => {
    const y = tf.unsortedSegmentSum(tf.tensor1d([2 ** 24, 1], 'int32'), tf.tensor1d([0, 0], 'int32'), 1);
    expect([y.dtype, ...y.dataSync()]).toEqual(['int32', 2 ** 24 + 1]);
  });

  it('is the gradient of gather', () => {
    const indices = tf.tensor1d([0, 2, 2], 'int32');
    const dx = tf.grad((x) => tf.gather(x, indices))(tf.zeros([3, 2]), tf.ones([3, 2]));
    expect(dx.arraySync()).toEqual([
      [1, 1],
      [0, 0],
      [2, 2],
    ]);
  });
});

it('segment sums have the same bits on every device and with any number of threads', async () => {
  const rows = 700;
  const width = 130;
  const values = Float32Array.from({ length: rows * width }, (_, cell) => Math.sin(cell) * 10 ** (cell % 7));
  const ids = Int32Array.from({ length: rows }, (_, row) => (row * row) % 13);
  const results = await withThreads(() =>
    tf.unsortedSegmentSum(tf.tensor2d(values, [rows, width]), tf.tensor1d(ids, 'int32'), 13),
  );
  for (const result of results) expect(result).toEqual(results[0]);
  const expected = new Float32Array(13 * width);
  for (const [cell, value] of values.entries())
    expected[ids[Math.floor(cell / width)]! * width + (cell % width)]! += value;
  expect(results[0]).toEqual([...expected]);
});
