import { useEngine } from '@sparse-transformers/engines';
import {
  biasQuickGelu,
  crossEntropy,
  differentiate,
  layerNorm,
  linear,
  quickGelu,
} from '@sparse-transformers/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { demandedEngines } from './demanded-engines.ts';

const wave = (...shape: number[]) =>
  tf.tidy(() =>
    tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(1 + 1.7 * i)),
      shape,
    ),
  );

/** Each function of inputs of the given shapes gives a tensor of any shape. */
const functions: Record<string, { shapes: number[][]; f: (...xs: tf.Tensor[]) => tf.Tensor }> = {
  'an input used twice by one op': { shapes: [[5]], f: (x) => tf.mul(x!, x!) },
  'an input used by many ops': {
    shapes: [[5]],
    f: (x) => tf.addN([tf.square(x!), tf.sin(x!), tf.mul(x!, 3), tf.exp(x!), x!]),
  },
  'an intermediate used by many ops': {
    shapes: [[4], [4]],
    f: (x, y) => {
      const product = tf.mul(x!, y!);
      return tf.add(tf.sub(tf.square(product), tf.sin(product)), tf.mul(product, x!));
    },
  },
  'sums of unlike shapes': {
    shapes: [[3, 1, 4], [2, 1], [4]],
    f: (x, y, z) => tf.sub(tf.add(x!, y!), tf.add(z!, y!)),
  },
  'a change of shape': {
    shapes: [[2, 6]],
    f: (x) => tf.transpose(tf.expandDims(tf.reshape(tf.square(x!), [3, 4]), 1), [2, 0, 1]),
  },
  'sums and means over axes': {
    shapes: [[2, 3, 4]],
    f: (x) => tf.add(tf.sum(tf.square(x!), [0, 2]), tf.mean(tf.sin(x!), [0, 2])),
  },
  'parts, joined again': {
    shapes: [
      [4, 6],
      [4, 2],
    ],
    f: (x, y) =>
      tf.pad(tf.concat([tf.slice(tf.sin(x!), [0, 1], [-1, 3]), y!, y!], 1), [
        [1, 0],
        [0, 2],
      ]),
  },
  'an op of several outputs': {
    shapes: [[4, 6]],
    f: (x) => {
      const [a, , c] = tf.split(tf.sin(x!), 3, 1);
      return tf.stack([tf.mul(a!, c!), a!]);
    },
  },
  'products, softmax and a choice': {
    shapes: [
      [3, 4],
      [4, 5],
    ],
    f: (x, y) =>
      tf.where(tf.greater(wave(3, 4), 0), x!, tf.matMul(tf.softmax(tf.matMul(x!, y!)), y!, false, true)),
  },
  'the ops of a transformer': {
    shapes: [[2, 3, 4], [4, 4], [4], [4]],
    f: (x, weight, gain, bias) => {
      const normal = layerNorm(x!, gain as tf.Tensor1D, bias as tf.Tensor1D);
      const inner = biasQuickGelu(linear(normal, weight as tf.Tensor2D), bias as tf.Tensor1D);
      const logits = tf.add(x!, linear(quickGelu(inner), weight as tf.Tensor2D, bias as tf.Tensor1D));
      return crossEntropy(logits, tf.tensor2d([0, 1, 2, 3, 0, 1], [2, 3], 'int32'));
    },
  },
  'a custom gradient': {
    shapes: [[3], [3]],
    f: (x, y) =>
      tf.customGrad((a, b, save) => {
        (save as tf.GradSaveFunc)([a as tf.Tensor, b as tf.Tensor]);
        return {
          value: tf.mul(a as tf.Tensor, b as tf.Tensor),
          gradFunc: (dy, saved) => [tf.mul(dy, saved[1]!), tf.mul(dy, saved[0]!)],
        };
      })(tf.sin(x!), y!),
  },
  'a custom gradient that gives back what it got, twice': {
    shapes: [[3], [3]],
    f: (x, y) =>
      tf.square(
        tf.customGrad((a, b) => ({
          value: tf.add(a as tf.Tensor, b as tf.Tensor),
          gradFunc: (dy) => [dy, dy],
        }))(tf.sin(x!), tf.mul(x!, y!)),
      ),
  },
  'a custom gradient that gives back what it saved': {
    shapes: [[3]],
    f: (x) =>
      tf.customGrad((a, save) => {
        (save as tf.GradSaveFunc)([a as tf.Tensor]);
        return { value: tf.square(a as tf.Tensor), gradFunc: (_dy, saved) => [saved[0]!] };
      })(tf.sin(x!)),
  },
  'a gradient within the function': {
    shapes: [[3]],
    f: (x) => tf.grad((inner) => tf.mul(tf.square(inner), x!))(tf.sin(x!)),
  },
  'an input that is the value': { shapes: [[3]], f: (x) => x! },
  'an input that the value ignores': { shapes: [[3], [2]], f: (x) => tf.sin(x!) },
  'a value that depends on nothing': { shapes: [[3]], f: () => wave(4) },
};

describe.each(demandedEngines)('differentiate on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  afterEach(() => {
    tf.disposeVariables();
  });

  it.each(Object.entries(functions))('gives the bits of TensorFlow.js for %s', (_, { shapes, f }) => {
    const inputs = shapes.map((shape) => wave(...shape));
    const kept = tf.memory();
    const ours = differentiate(() => f(...inputs), inputs);
    const made = new Set(
      [ours.value, ...ours.gradients].filter((tensor) => tensor && !inputs.includes(tensor)),
    );
    expect(tf.memory().numTensors).toBe(kept.numTensors + made.size);
    const theirs = tf.engine().gradients(() => f(...inputs), inputs, undefined, true);
    expect(ours.value.dataSync()).toEqual(theirs.value.dataSync());
    const values = (tensor: tf.Tensor | undefined) => tensor && Array.from(tensor.dataSync());
    expect(ours.gradients.map(values)).toEqual(theirs.grads.map(values));
  });

  it('starts from the gradient of the value that is given', () => {
    const x = wave(3);
    const dy = tf.tensor1d([1, 10, 100]);
    const { gradients } = differentiate(() => tf.square(x), [x], dy);
    expect(gradients[0]!.dataSync()).toEqual(tf.mul(tf.mul(x, 2), dy).dataSync());
    expect(dy.isDisposed).toBe(false);
  });

  it('leaves the gradients to an enclosing tidy, or to the caller', () => {
    const x = wave(3);
    const before = tf.memory().numTensors;
    tf.tidy(() => void differentiate(() => tf.sum(tf.square(x)), [x]));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('works within another gradient', () => {
    const x = tf.tensor1d([2]);
    const cube = (y: tf.Tensor) => tf.mul(tf.square(y), y);
    const second = tf.grad((y) => differentiate(() => cube(y), [y]).gradients[0]!);
    expect(second(x).dataSync()[0]).toBe(12);
  });

  it('leaves a tensor alone that a custom gradient holds', () => {
    const constant = tf.tensor1d([7]);
    const x = tf.tensor1d([2]);
    const held = tf.customGrad((a) => ({ value: tf.square(a as tf.Tensor), gradFunc: () => [constant] }));
    const { gradients } = differentiate(() => tf.sum(tf.add(held(x), held(x))), [x]);
    expect(gradients[0]!.dataSync()[0]).toBe(14);
    gradients[0]!.dispose();
    expect(constant.dataSync()[0]).toBe(7);
  });

  describe('frees', () => {
    const bytes = 4000;
    /** The bytes in use when the walk comes to x, and the most when it came to the links of a chain behind it. */
    const bytesAt = (chain: (x: tf.Tensor, look: (x: tf.Tensor) => tf.Tensor) => tf.Tensor): number[] => {
      const seen: number[] = [];
      const look = tf.customGrad((a) => ({
        value: tf.clone(a as tf.Tensor),
        gradFunc: (dy) => {
          seen.push(tf.memory().numBytes);
          return [tf.clone(dy)];
        },
      }));
      tf.tidy(() => {
        const x = wave(bytes / 4);
        const before = tf.memory().numBytes;
        differentiate(() => tf.sum(chain(x, look)), [x]);
        for (const i of seen.keys()) seen[i]! -= before;
      });
      return seen.map((all) => Math.round(all / bytes));
    };

    it('what an op saved, and the gradient of what it gave, after its own gradient', () => {
      const chain = (x: tf.Tensor, look: (x: tf.Tensor) => tf.Tensor) => {
        let y = look(x);
        for (let link = 0; link < 10; link++) y = look(tf.sin(y));
        return y;
      };
      const seen = bytesAt(chain);
      // One more sine is done at each look; the gradient that comes in, and at times its other name, are there always.
      const saved = seen.map((count) => count - seen.at(-1)!);
      expect(saved).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
      expect(seen.at(-1)).toBeLessThanOrEqual(2);
    });

    it('what sums and changes of shape saved before the walk, and what leads nowhere', () => {
      const seen = bytesAt((x, look) => {
        tf.exp(tf.sin(x)); // leads nowhere
        const y = tf.add(tf.reshape(tf.add(x, 1), [bytes / 4, 1]), tf.zeros([bytes / 4, 1]));
        return look(tf.sub(y, tf.ones([bytes / 4, 1])));
      });
      expect(seen[0]).toBeLessThanOrEqual(2);
    });
  });

  describe('refuses, and leaves nothing behind,', () => {
    const refused = (f: (x: tf.Tensor) => tf.Tensor): string => {
      const x = wave(3);
      const before = tf.memory().numTensors;
      let message = '';
      try {
        differentiate(() => f(x), [x]);
      } catch (error) {
        message = String(error);
      }
      expect(tf.memory().numTensors).toBe(before);
      expect(tf.engine().state.gradientDepth).toBe(0);
      return message;
    };

    it('an op without a gradient', () => {
      expect(refused((x) => tf.cumprod(tf.sin(x)))).toContain('gradient function not found for Cumprod');
    });

    it('a gradient of another shape', () => {
      const wrong = tf.customGrad((a) => ({
        value: tf.clone(a as tf.Tensor),
        gradFunc: () => [tf.zeros([2])],
      }));
      expect(refused((x) => wrong(tf.sin(x)))).toContain(
        "shape '2', which does not match the shape of the input '3'",
      );
    });

    it('a gradient of another dtype', () => {
      const wrong = tf.customGrad((a) => ({
        value: tf.clone(a as tf.Tensor),
        gradFunc: () => [tf.zeros([3], 'int32')],
      }));
      expect(refused((x) => wrong(tf.sin(x)))).toContain("must have 'float32' dtype, but has 'int32'");
    });

    it('a function that throws', () => {
      const message = refused((x) => {
        tf.exp(tf.sin(x));
        throw new Error('no loss today');
      });
      expect(message).toContain('no loss today');
    });
  });
});
