import '@tensorflow/tfjs-backend-cpu';
import { expectNoLeaks, randomFrom } from '@sparse-transformers/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  attentionPositions,
  dense,
  disposeParameters,
  feedForward,
  imagePositions,
  norm,
  paperInitialiser,
  startVector,
  table,
} from '../src/index.ts';
import { denseLoops, feedForwardLoops, normLoops } from './plain-loops.ts';
import { expectLoops, randomised, shapesOf, weightsOf } from './random-layer.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const normals = (count: number, seed = 7) => randomFrom(seed).normals(count);
const tensorOf = (values: Float64Array, shape: number[]) => tf.tensor(Float32Array.from(values), shape);

describe('dense', () => {
  const layer = () => randomised(dense(5, 3, { weight: { constant: 0 } }));

  it('is x · weight + bias, whatever stands before the last axis', () => {
    const [x, layer_] = [normals(2 * 4 * 5), layer()];
    const y = layer_.apply(tensorOf(x, [2, 4, 5]));
    expect(y.shape).toEqual([2, 4, 3]);
    expectLoops(y, (round) => denseLoops(x, weightsOf(layer_), 5, round));
  });

  it('has a weight [inputs, outputs] and a bias [outputs], which starts at 0', () => {
    const fresh = dense(5, 3, { weight: { constant: 2 } });
    expect(shapesOf(fresh)).toEqual([
      ['weight', [5, 3]],
      ['bias', [3]],
    ]);
    expect([...weightsOf(fresh)('weight')]).toEqual(Array(15).fill(2));
    expect([...weightsOf(fresh)('bias')]).toEqual([0, 0, 0]);
  });

  it('can go without a bias', () => {
    const layer = dense(2, 2, { weight: { constant: 1 }, bias: false });
    expect([...layer.parameters.keys()]).toEqual(['weight']);
    expect([...layer.apply(tf.tensor2d([[1, 2]])).dataSync()]).toEqual([3, 3]);
  });
});

describe('norm', () => {
  it('brings each row to mean 0 and variance 1, then to gain and bias', () => {
    const [x, layer] = [normals(3 * 4 * 6), randomised(norm(6, { epsilon: 0.1 }))];
    expectLoops(layer.apply(tensorOf(x, [3, 4, 6])), (round) => normLoops(x, weightsOf(layer), 0.1, round));
  });

  it('has an epsilon of 1e-5 unless told', () => {
    const x = normals(4 * 6).map((value) => value * 0.01);
    const layer = norm(6);
    expectLoops(layer.apply(tensorOf(x, [4, 6])), (round) => normLoops(x, weightsOf(layer), 1e-5, round));
  });

  it('has a gain that starts at 1 and a bias that starts at 0', () => {
    const layer = norm(2);
    expect(shapesOf(layer)).toEqual([
      ['gain', [2]],
      ['bias', [2]],
    ]);
    expect([...weightsOf(layer)('gain'), ...weightsOf(layer)('bias')]).toEqual([1, 1, 0, 0]);
  });
});

describe('table', () => {
  it('gives the row of each index', () => {
    const layer = randomised(table(4, 2, { constant: 0 }));
    const rows = layer.apply(tf.tensor2d([[3, 0, 3]], [1, 3], 'int32'));
    const weight = [...weightsOf(layer)('weight')];
    expect(rows.shape).toEqual([1, 3, 2]);
    expect([...rows.dataSync()]).toEqual([...weight.slice(6), ...weight.slice(0, 2), ...weight.slice(6)]);
  });

  it('has one weight [rows, width]', () => {
    expect(shapesOf(table(4, 2, { constant: 0 }))).toEqual([['weight', [4, 2]]]);
  });
});

describe('attentionPositions', () => {
  const layer = () =>
    randomised(attentionPositions({ length: 10, stride: 4, width: 3 }, paperInitialiser(1)));

  it('has a row of the matrix for ⌊i ÷ stride⌋ and one for i mod stride', () => {
    expect(shapesOf(layer())).toEqual([
      ['row.weight', [3, 3]], // ⌈10 ÷ 4⌉ rows
      ['column.weight', [4, 3]],
    ]);
  });

  it('adds the two, for positions in any order', () => {
    const positions = Int32Array.of(9, 0, 7, 4, 9);
    const layer_ = layer();
    const [row, column] = ['row.weight', 'column.weight'].map(weightsOf(layer_));
    const sums = [...positions].flatMap((i) =>
      [0, 1, 2].map((d) => Math.fround(row![Math.floor(i / 4) * 3 + d]! + column![(i % 4) * 3 + d]!)),
    );
    expect([...layer_.apply(positions).dataSync()]).toEqual(sums);
  });

  it('tells every two positions apart', () => {
    const rows = layer()
      .apply(Int32Array.from({ length: 10 }, (_, i) => i))
      .arraySync() as number[][];
    expect(new Set(rows.map((row) => row.join())).size).toBe(10);
  });
});

describe('imagePositions', () => {
  const sizes = { rows: 2, columns: 4, channels: 3, width: 2 };
  const layer = () => randomised(imagePositions(sizes, paperInitialiser(1)));
  const all = Int32Array.from({ length: 24 }, (_, i) => i);

  it('has a table for rows, one for columns and one for channels', () => {
    expect(shapesOf(layer())).toEqual([
      ['row.weight', [2, 2]],
      ['column.weight', [4, 2]],
      ['channel.weight', [3, 2]],
    ]);
  });

  it('adds the three, the channels of a pixel side by side, pixels in raster order', () => {
    const layer_ = layer();
    const [row, column, channel] = ['row', 'column', 'channel'].map((name) =>
      weightsOf(layer_)(`${name}.weight`),
    );
    const expected: number[] = [];
    for (let r = 0; r < 2; r++)
      for (let c = 0; c < 4; c++)
        for (let colour = 0; colour < 3; colour++)
          for (let d = 0; d < 2; d++)
            expected.push(
              Math.fround(Math.fround(row![r * 2 + d]! + column![c * 2 + d]!) + channel![colour * 2 + d]!),
            );
    expect([...layer_.apply(all).dataSync()]).toEqual(expected);
  });

  it('tells every two positions apart', () => {
    const rows = layer().apply(all).arraySync() as number[][];
    expect(new Set(rows.map((row) => row.join())).size).toBe(24);
  });
});

describe('startVector', () => {
  it('is the same vector for each sequence', () => {
    const layer = randomised(startVector(3, paperInitialiser(1)));
    expect(shapesOf(layer)).toEqual([['weight', [3]]]);
    const [start, weight] = [layer.apply(2), [...weightsOf(layer)('weight')]];
    expect(start.shape).toEqual([2, 1, 3]);
    expect([...start.dataSync()]).toEqual([...weight, ...weight]);
  });
});

describe('feedForward', () => {
  const make = () => randomised(feedForward({ width: 4, inner: 6 }, paperInitialiser(1)));

  it('is outer · (x · sigmoid(1.702 x)) of inner · x', () => {
    const [x, layer] = [normals(2 * 3 * 4), make()];
    const y = layer.apply(tensorOf(x, [2, 3, 4]));
    expect(y.shape).toEqual([2, 3, 4]);
    expectLoops(y, (round) => feedForwardLoops(x, weightsOf(layer), 4, round));
  });

  it('has the weights inner and outer', () => {
    expect(shapesOf(make())).toEqual([
      ['inner.weight', [4, 6]],
      ['inner.bias', [6]],
      ['outer.weight', [6, 4]],
      ['outer.bias', [4]],
    ]);
  });
});

describe('every small layer', () => {
  const initialiser = () => paperInitialiser(1);
  const makers = {
    dense: () => dense(4, 4, { weight: { constant: 1 } }),
    norm: () => norm(4),
    feedForward: () => feedForward({ width: 4, inner: 6 }, initialiser()),
  };

  it.each(Object.entries(makers))('%s leaves no tensor behind but its result', async (_, make) => {
    const layer = make();
    const x = tf.ones([3, 4]);
    await expectNoLeaks(() => tf.tidy(() => layer.apply(x)));
  });

  it.each(Object.entries(makers))('%s frees its weights when told', (_, make) => {
    const before = tf.memory().numTensors;
    const layer = make();
    expect(tf.memory().numTensors).toBe(before + layer.parameters.size);
    disposeParameters(layer);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('has weights that can be trained', () => {
    for (const make of Object.values(makers))
      for (const weight of make().parameters.values()) expect(weight.trainable).toBe(true);
  });
});
