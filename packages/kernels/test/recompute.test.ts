import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { differentiate, dropout, recompute } from '../src/index.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

afterEach(() => {
  tf.disposeVariables();
});

const wave = (size: number, seed = 1) =>
  tf.tidy(() => tf.tensor1d(Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i))));

/** Ten ops in a row, with a weight in each. */
const chain = (x: tf.Tensor, weight: tf.Tensor) => {
  let y = x;
  for (let link = 0; link < 5; link++) y = tf.sin(tf.mul(y, weight));
  return y;
};

describe('recompute', () => {
  it('gives what the function gives, and its gradients for tensors and variables', () => {
    const [x, weight] = [wave(8), tf.variable(wave(8, 2))];
    const plain = differentiate(() => tf.sum(chain(x, weight)), [x, weight]);
    const ours = differentiate(
      () => tf.sum(recompute((y) => chain(y!, weight), { tensors: [x], variables: [weight] })),
      [x, weight],
    );
    expect(ours.value.dataSync()).toEqual(plain.value.dataSync());
    for (const [i, gradient] of ours.gradients.entries())
      expect(gradient!.dataSync()).toEqual(plain.gradients[i]!.dataSync());
  });

  it('hands several tensors on in their order', () => {
    const tensors = [wave(3, 1), wave(3, 2)];
    const { value, gradients } = differentiate(
      () => recompute((a, b) => tf.sub(tf.square(a!), b!), { tensors }),
      tensors,
    );
    expect(value.dataSync()).toEqual(tf.sub(tf.square(tensors[0]!), tensors[1]!).dataSync());
    expect(gradients[0]!.dataSync()).toEqual(tf.mul(tensors[0]!, 2).dataSync());
    expect([...gradients[1]!.dataSync()]).toEqual([-1, -1, -1]);
  });

  it('keeps its input and its output for backward, nothing between', () => {
    const bytes = 4000;
    const x = wave(bytes / 4);
    const kept = (f: () => tf.Tensor) => {
      let seen = 0;
      const before = tf.memory().numBytes;
      tf.tidy(() => {
        differentiate(() => {
          const loss = tf.tidy(() => tf.sum(f()));
          seen = tf.memory().numBytes - before;
          return loss;
        }, [x]);
      });
      return Math.floor(seen / bytes);
    };
    const run = () => chain(tf.mul(x, 2), x);
    expect(kept(run)).toBeGreaterThan(9);
    expect(kept(() => recompute((y) => chain(tf.mul(y!, 2), y!), { tensors: [x] }))).toBeLessThan(2);
  });

  it('runs the function once without a gradient, and once more in backward', () => {
    let runs = 0;
    const f = (x: tf.Tensor | undefined) => {
      runs++;
      return tf.square(x!);
    };
    const x = wave(3);
    recompute(f, { tensors: [x] });
    expect(runs).toBe(1);
    differentiate(() => recompute(f, { tensors: [x] }), [x]);
    expect(runs).toBe(3);
  });

  it('replays dropout', () => {
    const x = wave(100);
    const f = (y: tf.Tensor | undefined) => tf.square(dropout(y!, 0.5, 7, 3));
    const plain = differentiate(() => f(x), [x]);
    const ours = differentiate(() => recompute(f, { tensors: [x] }), [x]);
    expect(ours.gradients[0]!.dataSync()).toEqual(plain.gradients[0]!.dataSync());
  });

  it('gives zeros for what the function ignores', () => {
    const [x, weight] = [wave(3), tf.variable(wave(2))];
    const { gradients } = differentiate(
      () => recompute((y) => tf.square(y!), { tensors: [x], variables: [weight] }),
      [x, weight],
    );
    expect([...gradients[1]!.dataSync()]).toEqual([0, 0]);
  });

  it('works within another, and within the walk of TensorFlow.js, and leaves nothing behind', () => {
    const x = wave(5);
    const inner = (y: tf.Tensor | undefined) => recompute((z) => chain(z!, z!), { tensors: [tf.sin(y!)] });
    const plain = tf.grad((y) => {
      const z = tf.sin(y);
      return tf.square(chain(z, z));
    })(x);
    const before = tf.memory().numTensors;
    const ours = tf.grad((y) => tf.square(recompute(inner, { tensors: [y] })))(x);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(ours.dataSync()).toEqual(plain.dataSync());
  });

  it('has a second derivative', () => {
    const cube = (x: tf.Tensor) => recompute((y) => tf.mul(tf.square(y!), y!), { tensors: [x] });
    const second = tf.grad((x) => tf.grad(cube)(x));
    expect(second(tf.tensor1d([2])).dataSync()[0]).toBe(12);
  });

  it.each([
    ['tf.grad', (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor) => tf.grad(f)(x)],
    ['differentiate', (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor) => differentiate(() => f(x), [x])],
  ])('keeps no tensor when a run throws, in %s', (_, run) => {
    const x = wave(5);
    for (const failing of [1, 2]) {
      let runs = 0;
      const f = (y: tf.Tensor | undefined) => {
        const z = chain(y!, y!);
        if (++runs === failing) throw new Error(`run ${failing}`);
        return z;
      };
      const before = tf.memory().numTensors;
      const outer = (y: tf.Tensor) => tf.square(recompute(f, { tensors: [y] }));
      expect(() => run(outer, x)).toThrow(`run ${failing}`);
      expect(tf.memory().numTensors).toBe(before);
    }
  });
});
