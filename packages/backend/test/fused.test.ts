/**
 * The fused ops of packages/kernels on both CPU devices: that threads don't change a bit, and what is theirs alone. What they compute
 * is held to the conformance suites of packages/testing.
 */
import {
  adamWNumbers,
  adamWStep,
  biasQuickGelu,
  clipByGlobalNorm,
  crossEntropy,
  dropout,
  embedding,
  layerNorm,
  quickGelu,
} from '@sparse-transformers/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeviceBackend, registerDeviceBackend } from '../src/index.ts';
import { cpuDevices } from './cpu-devices.ts';
import { onThreads } from './with-threads.ts';

const usual = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, learningRate: 0.1 };

describe.each(cpuDevices)('threads of %s', (name, create) => {
  it('change no bit of the fused ops', async () => {
    const results = await onThreads(name, create, bitsOfAll);
    expect(results[1]).toBe(results[0]);
    expect(results[2]).toBe(results[0]);
  });
});

describe.each(cpuDevices)('fused ops on %s', (name, create) => {
  const backendName = `fused-${name}`;

  let backend: DeviceBackend;

  beforeAll(async () => {
    backend = registerDeviceBackend(backendName, await create({ threads: 2 }));
    await tf.setBackend(backendName);
  });

  it('drop nothing at a rate of 0, and refuse a rate, seed or counter that is none', () => {
    const x = tf.tensor1d([1, -2, 3]);
    const run = (attributes: object) => {
      const all = { rate: 0.5, seed: 1, counter: 0, ...attributes };
      return tf.engine().runKernel('Dropout', { x }, all) as tf.Tensor;
    };
    expect([...run({ rate: 0 }).dataSync()]).toEqual([1, -2, 3]);
    for (const rate of [1, -0.1, 1e10, Number.NaN]) expect(() => run({ rate })).toThrow(/Dropout: rate/);
    for (const number of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => run({ seed: number })).toThrow(/whole number/);
      expect(() => run({ counter: number })).toThrow(/whole number/);
    }
  });

  afterAll(() => tf.removeBackend(backendName));

  it.each([-1, 5, 2 ** 31 - 1])('refuses the index %d as the host does', (bad) => {
    const before = tf.memory().numDataBuffers;
    const look = () => tf.tidy(() => embedding(tf.ones([5, 2]), tf.tensor1d([0, 4, bad], 'int32')));
    expect(look).toThrow(
      new RangeError(`embedding: indices must be from 0 to 4, but number 2 of them is ${bad}.`),
    );
    expect(tf.memory().numDataBuffers).toBe(before);
  });

  it('refuses a target outside the classes as the host does', () => {
    const lose = () => tf.tidy(() => crossEntropy(tf.ones([2, 3]), tf.tensor1d([0, 3], 'int32')));
    expect(lose).toThrow(
      new RangeError('crossEntropy: targets must be from 0 to 2, but number 1 of them is 3.'),
    );
  });

  it('shows a logit that is no number in its row alone', () => {
    const losses = tf.tidy(() => {
      const logits = tf.tensor2d([0, 0, Number.NaN, 0, 0, Number.NEGATIVE_INFINITY], [3, 2]);
      return crossEntropy(logits, tf.tensor1d([0, 1, 0], 'int32')).dataSync();
    });
    expect(losses[0]).toBeCloseTo(Math.log(2), 6);
    expect(losses[1]).toBeNaN();
    expect(losses[2]).toBe(0);
  });

  it('moves variables in their own memory', () => {
    const own = () => tf.tidy(() => tf.variable(tf.ones([100]), false));
    const [weight, first, second, gradient] = [own(), own(), own(), own()];
    const { dataId } = weight;
    const numbers = tf.tensor1d(adamWNumbers({ ...usual, step: 1 }));
    const { used } = backend.allocatorMemory();
    backend.resetPeak();
    adamWStep([{ weight, first, second, gradient, decays: true }], numbers);
    expect(weight.dataId).toBe(dataId);
    expect(weight.dataSync()[0]).not.toBe(1);
    expect(backend.allocatorMemory().peak).toBe(used);
    tf.dispose([weight, first, second, gradient, numbers]);
  });

  it('gives a row without numbers for an empty batch', () => {
    const shapes = tf.tidy(() => {
      const empty = tf.zeros([0, 8]);
      const [dx, dGain] = tf.grads((x: tf.Tensor, gain: tf.Tensor) =>
        layerNorm(x, gain as tf.Tensor1D, tf.zeros([8])),
      )([empty, tf.ones([8])], empty);
      return [quickGelu(empty).shape, dx!.shape, Array.from(dGain!.dataSync())];
    });
    expect(shapes).toEqual([[0, 8], [0, 8], new Array(8).fill(0)]);
  });
});

/** A step through all fused ops, on tensors of several pieces, as one text. */
function bitsOfAll(): string {
  return tf.tidy(() => {
    const numbers = (length: number) => Float32Array.from({ length }, (_, i) => 2 * Math.sin(1 + i * i));
    const waves = (...shape: number[]) => tf.tensor(numbers(tf.util.sizeFromShape(shape)), shape);
    const table = waves(50, 333);
    const gain = waves(333) as tf.Tensor1D;
    const bias = waves(333) as tf.Tensor1D;
    const indices = tf.tensor1d(
      Int32Array.from({ length: 700 }, (_, i) => (i * i) % 50),
      'int32',
    );
    const loss = (...[rows, g, b]: tf.Tensor[]) => {
      const embedded = embedding(rows as tf.Tensor2D, indices);
      const normal = layerNorm(embedded, g as tf.Tensor1D, b as tf.Tensor1D);
      const active = biasQuickGelu(quickGelu(dropout(normal, 0.3, 1, 2)), b as tf.Tensor1D);
      return crossEntropy(active, indices);
    };
    const inputs = [table, gain, bias];
    const dy = waves(700);
    const gradients = tf.grads(loss)(inputs, dy);
    const { norm, gradients: clipped } = clipByGlobalNorm(gradients, 1);
    const parameters = inputs.map((input, i) => ({
      weight: tf.variable(input),
      first: tf.variable(tf.zerosLike(input)),
      second: tf.variable(tf.zerosLike(input)),
      gradient: clipped[i]!,
      decays: true,
    }));
    adamWStep(parameters, tf.tensor1d(adamWNumbers({ ...usual, step: 1 })));
    const results = [loss(...inputs), ...gradients, norm, ...parameters.map(({ weight }) => weight)];
    const bits = results.map((result) => Buffer.from(result.dataSync().slice().buffer).toString('base64'));
    for (const { weight, first, second } of parameters) tf.dispose([weight, first, second]);
    return bits.join(' ');
  });
}
