import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  crossEntropy,
  dropout,
  embedding,
  layerNorm,
  linear,
  philox,
  quickGelu,
  referenceCrossEntropy,
  referenceLayerNorm,
  referenceLinear,
  referenceQuickGelu,
} from '../src/index.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('the references, against numbers worked out by hand', () => {
  it('quickGelu of 1 is 1 ÷ (1 + e^−1.702)', () => {
    expect(referenceQuickGelu(Float64Array.of(1))[0]).toBeCloseTo(1 / (1 + Math.exp(-1.702)), 14);
  });

  it('layerNorm of 1, 3 is −1, 1 before gain and bias', () => {
    const [x, gain, bias] = [Float64Array.of(1, 3), Float64Array.of(2, 2), Float64Array.of(0, 5)];
    const output = referenceLayerNorm(x, gain, bias, { width: 2, epsilon: 1e-15 });
    expect(Array.from(output, Math.round)).toEqual([-2, 7]);
  });

  it('crossEntropy of even logits is log V', () => {
    expect(referenceCrossEntropy(new Float64Array(8), Int32Array.of(3, 0))[1]).toBeCloseTo(Math.log(4), 14);
  });

  it('linear is a product of matrices', () => {
    const [x, weight, bias] = [Float64Array.of(1, 2), Float64Array.of(1, 2, 3, 4), Float64Array.of(10, 20)];
    expect(Array.from(referenceLinear(x, weight, bias, { inputs: 2, outputs: 2 }))).toEqual([17, 30]);
  });
});

it.each([
  ['zeros', [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  [
    'ones',
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    'the digits of π',
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
])('philox gives the published words for %s', (_, counter, key, expected) => {
  const words = Uint32Array.from(counter);
  philox(words, key[0]!, key[1]!);
  expect(Array.from(words)).toEqual(expected);
});

describe('errors name the op, the argument, what was expected and what came', () => {
  const floats = () => tf.zeros<tf.Rank.R2>([2, 3]);
  const line = () => tf.zeros<tf.Rank.R1>([4]);

  it.each<[string, () => unknown, string]>([
    [
      'an index beyond the table',
      () => embedding(floats(), tf.tensor1d([0, 2], 'int32')),
      'embedding: indices must be from 0 to 1, but number 1 of them is 2.',
    ],
    [
      'a negative target',
      () => crossEntropy(floats(), tf.tensor1d([0, -1], 'int32')),
      'crossEntropy: targets must be from 0 to 2, but number 1 of them is -1.',
    ],
    [
      'a gain of another width',
      () => layerNorm(floats(), line(), line()),
      'layerNorm: gain must have the shape [3] (the last axis of x), but has [4].',
    ],
    [
      'a bias of another width',
      () => linear(floats(), tf.zeros([3, 5]), line()),
      'linear: bias must have the shape [5] (the last axis of weight), but has [4].',
    ],
    [
      'integers where floats are needed',
      () => quickGelu(tf.tensor1d([1], 'int32')),
      "quickGelu: x must be float32, but is int32. Convert it with tf.cast(x, 'float32').",
    ],
    [
      'a scalar without a last axis',
      () => linear(tf.scalar(1), tf.zeros([1, 1])),
      'linear: x must have a last axis of size 1 or more, but has the shape [].',
    ],
    ['a rate of 1', () => dropout(floats(), 1, 0), 'dropout: rate must be from 0 to below 1, but is 1.'],
  ])('%s', (_, run, message) => {
    expect(() => tf.tidy(() => void run())).toThrow(message);
  });
});

it('dropout at rate 0 gives the same values', () => {
  expect(Array.from(dropout(tf.tensor1d([1, 2, 3]), 0, 7).dataSync())).toEqual([1, 2, 3]);
});
