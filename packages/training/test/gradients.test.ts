import { useEngine } from '@sparse-transformers/engines';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clipByGlobalNorm, TrainingError, valueAndGradients } from '../src/index.ts';
import { demandedEngines } from './demanded-engines.ts';

describe.each(demandedEngines)('valueAndGradients on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  afterEach(() => {
    tf.disposeVariables();
  });

  const variables = () =>
    new Map([
      ['b', tf.variable(tf.tensor([1, 2]))],
      ['__proto__', tf.variable(tf.tensor([3, 4]))],
    ]);

  it('gives the loss and the gradients by name', () => {
    const both = variables();
    const { value, gradients } = valueAndGradients(both, () =>
      tf.sum(tf.mul(both.get('b')!, both.get('__proto__')!)),
    );
    expect(value.dataSync()[0]).toBe(11);
    expect([...gradients.keys()]).toEqual(['b', '__proto__']);
    expect([...gradients.get('b')!.dataSync()]).toEqual([3, 4]);
    expect([...gradients.get('__proto__')!.dataSync()]).toEqual([1, 2]);
  });

  it('keeps only the loss and the gradients', () => {
    const both = variables();
    const before = tf.memory().numTensors;
    valueAndGradients(both, () => tf.sum(tf.square(tf.mul(both.get('b')!, both.get('__proto__')!))));
    expect(tf.memory().numTensors).toBe(before + 3);
  });

  it('refuses a loss that ignores a variable, by name, and leaks nothing', () => {
    const both = variables();
    const before = tf.memory().numTensors;
    expect(() => valueAndGradients(both, () => tf.sum(tf.square(both.get('b')!)))).toThrow(
      'valueAndGradients: the loss does not depend on "__proto__", so no gradient exists.',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses a loss that ignores all variables', () => {
    expect(() => valueAndGradients(variables(), () => tf.scalar(1))).toThrow(
      'does not depend on "b", "__proto__"',
    );
  });

  it('refuses a loss that is not a scalar', () => {
    const both = variables();
    const loss = () => tf.square(both.get('b')!);
    expect(() => valueAndGradients(both, loss)).toThrow(
      'the loss must be a scalar (take its mean); got shape [2]',
    );
  });

  it('refuses no variables', () => {
    expect(() => valueAndGradients(new Map(), () => tf.scalar(1))).toThrow(TrainingError);
  });
});

describe.each(demandedEngines)('clipByGlobalNorm on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  const pair = (a: number[], b: number[]) =>
    new Map<string, tf.Tensor>([
      ['a', tf.tensor(a)],
      ['b', tf.tensor(b, [b.length, 1])],
    ]);

  it('scales all gradients by one factor', () => {
    const { gradients, norm } = clipByGlobalNorm(pair([3, 0], [4]), 2.5);
    expect(norm.dataSync()[0]).toBe(5);
    expect([...gradients.get('a')!.dataSync()]).toEqual([1.5, 0]);
    expect([...gradients.get('b')!.dataSync()]).toEqual([2]);
    expect(gradients.get('b')!.shape).toEqual([1, 1]);
  });

  it('keeps the bits of gradients within the norm', () => {
    const { gradients } = clipByGlobalNorm(pair([0.1, 0.2], [0.3]), 1);
    expect(gradients.get('a')!.dataSync()).toEqual(Float32Array.of(0.1, 0.2));
  });

  it('keeps zeros', () => {
    const { gradients, norm } = clipByGlobalNorm(pair([0, 0], [0]), 1);
    expect(norm.dataSync()[0]).toBe(0);
    expect([...gradients.get('a')!.dataSync()]).toEqual([0, 0]);
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY], [1e20]])(
    'gives a norm that is not finite for a gradient of %d',
    (bad) => {
      expect(Number.isFinite(clipByGlobalNorm(pair([1, bad], [0]), 1).norm.dataSync()[0])).toBe(false);
    },
  );

  it('leaves the gradients given as they are, and no other tensors', () => {
    const given = pair([3, 0], [4]);
    const before = tf.memory().numTensors;
    clipByGlobalNorm(given, 1);
    expect(tf.memory().numTensors).toBe(before + 3);
    expect([...given.get('a')!.dataSync()]).toEqual([3, 0]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the maximum %d', (maximum) => {
    expect(() => clipByGlobalNorm(pair([1], [1]), maximum)).toThrow(
      'maximumNorm must be a finite number > 0',
    );
  });

  it('refuses no gradients', () => {
    expect(() => clipByGlobalNorm(new Map(), 1)).toThrow('expected at least one gradient');
  });
});
