import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crossEntropy, embedding, linear, quickGelu } from '../src/index.ts';

/** A backend of another name with the kernels of cpu: it stands for a fused one, or for one on a device. */
const other = 'other-backend';

beforeAll(async () => {
  await tf.setBackend('cpu');
  const { backend } = tf.engine();
  tf.registerBackend(other, () => backend);
  tf.copyRegisteredKernels('cpu', other);
});

afterAll(async () => {
  await tf.setBackend('cpu');
});

it('takes the gradients of stock ops from the registry, which Node leaves empty', () => {
  const slope = tf.grad((x) => tf.sum(tf.square(x)));
  expect(Array.from(slope(tf.tensor1d([3])).dataSync())).toEqual([6]);
});

describe('on a backend that brings its own kernel', () => {
  beforeAll(async () => {
    const kernelFunc: tf.KernelFunc = ({ inputs }) => tf.fill(inputs['x']!.shape, 42);
    tf.registerKernel({ kernelName: 'QuickGelu', backendName: other, kernelFunc });
    await tf.setBackend(other);
  });

  it('runs that kernel', () => {
    expect(Array.from(quickGelu(tf.tensor1d([1, 2])).dataSync())).toEqual([42, 42]);
  });

  it('still has the gradient', () => {
    const slope = tf.grad((x) => tf.sum(quickGelu(x)));
    expect(slope(tf.tensor1d([0])).dataSync()[0]).toBeCloseTo(0.5, 6);
  });

  it('composes the ops that the backend lacks', () => {
    expect(Array.from(linear(tf.ones([1, 2]), tf.ones([2, 1])).dataSync())).toEqual([2]);
  });
});

describe('on a backend whose integers the host does not see', () => {
  beforeAll(async () => {
    await tf.setBackend(other);
  });

  it('gives NaN for the rows of bad indices, and the others their values', () => {
    const rows = embedding(tf.tensor2d([[1], [2]]), tf.tensor1d([1, -1, 2, 0], 'int32'));
    expect(Array.from(rows.dataSync())).toEqual([2, Number.NaN, Number.NaN, 1]);
  });

  it('gives NaN for the losses of bad targets, and the others their values', () => {
    const losses = crossEntropy(tf.zeros([3, 2]), tf.tensor1d([1, 2, -1], 'int32')).dataSync();
    expect(losses[0]).toBeCloseTo(Math.log(2), 6);
    expect(Array.from(losses.slice(1))).toEqual([Number.NaN, Number.NaN]);
  });
});
