import { useEngine } from '@sparse-transformers/engines';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accumulateGradients, TrainingError, valueAndGradients } from '../src/index.ts';
import { demandedEngines } from './demanded-engines.ts';

const rows = 12;
const inputs = Array.from({ length: rows * 4 }, (_, i) => Math.sin(12.9898 * i));

describe.each(demandedEngines)('accumulateGradients on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  afterEach(() => {
    tf.disposeVariables();
  });

  const variables = () =>
    new Map<string, tf.Variable>([
      ['weight', tf.variable(tf.tensor(inputs.slice(0, 12), [4, 3]))],
      ['bias', tf.variable(tf.tensor1d([0.1, 0.2, 0.3]))],
    ]);

  /** Loss and gradients of some rows of the inputs. */
  function lossOf(weights: Map<string, tf.Variable>, first: number, count: number) {
    return valueAndGradients(weights, () => {
      const x = tf.tensor(inputs.slice(first * 4, (first + count) * 4), [count, 4]);
      const y = tf.tanh(tf.add(tf.matMul(x, weights.get('weight')!), weights.get('bias')!));
      return tf.mean(tf.square(tf.sub(y, 0.5)));
    });
  }

  const accumulated = (weights: Map<string, tf.Variable>, count: number) =>
    accumulateGradients(count, (index) => lossOf(weights, (index * rows) / count, rows / count));

  it.each([2, 3, 4, 12])('gives the loss and the gradients of the whole batch from %d parts', (count) => {
    const weights = variables();
    const whole = lossOf(weights, 0, rows);
    const parts = accumulated(weights, count);
    // Sums of a dozen terms below 1 in float32.
    const rounding = 12 * 2 ** -24;
    expect(Math.abs(parts.value.dataSync()[0]! - whole.value.dataSync()[0]!)).toBeLessThan(rounding);
    expect([...parts.gradients.keys()]).toEqual(['weight', 'bias']);
    for (const [name, gradient] of parts.gradients) {
      const expected = whole.gradients.get(name)!;
      expect(gradient.shape).toEqual(expected.shape);
      expect(tf.max(tf.abs(tf.sub(gradient, expected))).dataSync()[0]).toBeLessThan(rounding);
      expect(tf.max(tf.abs(expected)).dataSync()[0]).toBeGreaterThan(0.01);
    }
  });

  it('gives the bits of the micro-batch itself if there is one', () => {
    const weights = variables();
    const whole = lossOf(weights, 0, rows);
    const { gradients } = accumulated(weights, 1);
    expect(gradients.get('weight')!.dataSync()).toEqual(whole.gradients.get('weight')!.dataSync());
  });

  it('holds the sums beside a micro-batch and no more, and leaves its results alone', () => {
    const weights = variables();
    const before = tf.memory().numTensors;
    const seen: number[] = [];
    const { value, gradients } = accumulateGradients(4, (index) => {
      seen.push(tf.memory().numTensors - before);
      return lossOf(weights, index * 3, 3);
    });
    expect(seen).toEqual([0, 3, 3, 3]);
    expect(tf.memory().numTensors).toBe(before + 3);
    tf.dispose([value, ...gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes at most one more tensor while it adds', () => {
    const weights = variables();
    const before = tf.memory().numBytes;
    let most = 0;
    const dispose = tf.Tensor.prototype.dispose;
    tf.Tensor.prototype.dispose = function (this: tf.Tensor) {
      most = Math.max(most, tf.memory().numBytes - before);
      dispose.call(this);
    };
    try {
      const made = Array.from({ length: 3 }, (_, index) => lossOf(weights, index * 4, 4));
      const sets = tf.memory().numBytes - before;
      most = 0;
      accumulateGradients(3, (index) => made[index]!);
      expect(most).toBeLessThanOrEqual(sets + 4 * 12);
    } finally {
      tf.Tensor.prototype.dispose = dispose;
    }
  });

  it('frees the sums when a micro-batch throws', () => {
    const weights = variables();
    const before = tf.memory().numTensors;
    const run = (index: number) => (index < 2 ? lossOf(weights, index, 1) : expect.fail('stop'));
    expect(() => accumulateGradients(3, run)).toThrow('stop');
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d micro-batches', (count) => {
    expect(() => accumulateGradients(count, () => expect.fail('ran'))).toThrow(TrainingError);
  });
});
