import { useEngine } from '@sparse-transformers/engines';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adamW, TrainingError, weightAverage } from '../src/index.ts';
import { demandedEngines } from './demanded-engines.ts';

/** The mean with its formula as a sum, in float64. */
function referenceAverage(values: number[], decay: number): number {
  let [sum, factors] = [0, 0];
  for (const value of values) {
    sum = sum * decay + (1 - decay) * value;
    factors = factors * decay + (1 - decay);
  }
  return sum / factors;
}

/** The same by the formula that is computed, every step rounded to float32. */
function plainAverage(values: number[], decay: number): number {
  let average = 0;
  for (const [index, value] of values.entries()) {
    const share = Math.fround((1 - decay) / (1 - decay ** (index + 1)));
    average = Math.fround(average + Math.fround(Math.fround(Math.fround(value) - average) * share));
  }
  return average;
}

describe.each(demandedEngines)('weightAverage on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  afterEach(() => {
    tf.disposeVariables();
  });

  const variablesOf = (...values: number[]) =>
    new Map<string, tf.Variable>([
      ['a', tf.variable(tf.tensor1d(values))],
      ['b', tf.variable(tf.scalar(values[0]!))],
    ]);
  const read = (variables: ReadonlyMap<string, tf.Variable>) => [...variables.get('a')!.dataSync()];

  /** An average of a = [1, 2], then [3, 6], with the latter as the weights. */
  function trained(decay = 0.5) {
    const variables = variablesOf(1, 2);
    const average = weightAverage({ decay });
    average.update(variables);
    variables.get('a')!.assign(tf.tensor1d([3, 6]));
    variables.get('b')!.assign(tf.scalar(3));
    average.update(variables);
    return { variables, average };
  }

  it.each([0, 0.5, 0.9, 0.999])('is the weighted mean of all weights so far, for the decay %d', (decay) => {
    const values = Array.from({ length: 60 }, (_, step) => 1 + Math.sin(7 * step));
    const variables = variablesOf(0);
    const average = weightAverage({ decay });
    let [error, allowed] = [0, 0];
    for (const [index, value] of values.entries()) {
      variables.get('a')!.assign(tf.tensor1d([value]));
      average.update(variables);
      const seen = values.slice(0, index + 1);
      const expected = referenceAverage(seen, decay);
      const found = average.with(variables, () => read(variables))[0]!;
      error = Math.max(error, Math.abs(found - expected));
      allowed = Math.max(allowed, Math.abs(plainAverage(seen, decay) - expected));
    }
    expect(average.updates()).toBe(60);
    expect(error).toBeLessThanOrEqual(2 * allowed);
  });

  it('begins at the first weights, and does not follow them', () => {
    const variables = variablesOf(0.1, 7);
    const average = weightAverage({ decay: 0.999 });
    average.update(variables);
    const first = read(variables);
    variables.get('a')!.assign(tf.tensor1d([5, 5]));
    expect(average.with(variables, () => read(variables))).toEqual(first);
  });

  // (1 · ½ + 3 · 1) / 1½, by hand.
  it('puts the averages in place while it runs, and the weights back', () => {
    const { variables, average } = trained();
    const inside = average.with(variables, () => [...read(variables), variables.get('b')!.dataSync()[0]!]);
    for (const [index, expected] of [7 / 3, 14 / 3, 7 / 3].entries()) {
      expect(inside[index]).toBeCloseTo(expected, 6);
    }
    expect(read(variables)).toEqual([3, 6]);
  });

  it('puts the weights back when what runs throws', () => {
    const { variables, average } = trained();
    const thrown = new Error('stop');
    expect(() =>
      average.with(variables, () => {
        throw thrown;
      }),
    ).toThrow(thrown);
    expect(read(variables)).toEqual([3, 6]);
    expect(average.with(variables, () => read(variables)[0])).toBeCloseTo(7 / 3, 6);
  });

  it('puts the weights back when a promise settles, before its waiters go on', async () => {
    const { variables, average } = trained();
    const inside = average.with(variables, async () => {
      await Promise.resolve();
      return read(variables);
    });
    expect(read(variables)[0]).toBeCloseTo(7 / 3, 6);
    expect((await inside)[0]).toBeCloseTo(7 / 3, 6);
    expect(read(variables)).toEqual([3, 6]);
  });

  it('puts the weights back after the tidy that it was begun in', async () => {
    const { variables, average } = trained();
    const begun: Promise<unknown>[] = [];
    tf.tidy(() => {
      begun.push(average.with(variables, async () => Promise.resolve()));
    });
    await Promise.all(begun);
    expect(read(variables)).toEqual([3, 6]);
  });

  it('puts the weights back when a promise fails', async () => {
    const { variables, average } = trained();
    const failed = average.with(variables, async () => {
      await Promise.resolve();
      throw new Error('stop');
    });
    await expect(failed).rejects.toThrow('stop');
    expect(read(variables)).toEqual([3, 6]);
  });

  it('puts the same bits back after averages were overwritten by a step of an optimiser', () => {
    const { variables, average } = trained();
    const gradients = new Map<string, tf.Tensor>([
      ['a', tf.tensor1d([1, 1])],
      ['b', tf.scalar(1)],
    ]);
    const before = average.with(variables, () => read(variables));
    average.with(variables, () => adamW().step(variables, gradients, { learningRate: 1 }));
    expect(read(variables)).toEqual([3, 6]);
    expect(average.with(variables, () => read(variables))).toEqual(before);
  });

  it('stays as it is when an optimiser moves the weights that it was begun with', () => {
    const variables = variablesOf(1, 2);
    const average = weightAverage({ decay: 0.9 });
    average.update(variables);
    const gradients = new Map<string, tf.Tensor>([
      ['a', tf.tensor1d([1, 1])],
      ['b', tf.scalar(1)],
    ]);
    adamW().step(variables, gradients, { learningRate: 1 });
    expect(read(variables)).not.toEqual([1, 2]);
    expect(average.with(variables, () => read(variables))).toEqual([1, 2]);
  });

  it('goes on from a saved state with the same bits', async () => {
    const { variables, average } = trained(0.9);
    const restored = weightAverage({ decay: 0.9 });
    const state = await average.state();
    restored.restore(state, variables);
    expect(await restored.state()).toEqual(state);
    variables.get('a')!.assign(tf.tensor1d([-1, 0.3]));
    for (const one of [average, restored]) one.update(variables);
    expect(await restored.state()).toEqual(await average.state());
    expect(restored.updates()).toBe(3);
  });

  it('shows its state by name', async () => {
    const average = weightAverage({ decay: 0.9 });
    average.update(variablesOf(1, 2));
    expect(await average.state()).toEqual(
      new Map([
        ['average.a', { dtype: 'F32', shape: [2], values: Float32Array.of(1, 2) }],
        ['average.b', { dtype: 'F32', shape: [], values: Float32Array.of(1) }],
        ['updates', { dtype: 'I32', shape: [], values: Int32Array.of(1) }],
      ]),
    );
  });

  it('restores the state of an average that took nothing in', async () => {
    const { variables, average } = trained();
    average.restore(await weightAverage({ decay: 0.5 }).state(), variables);
    expect(average.updates()).toBe(0);
    average.update(variables);
    expect(average.with(variables, () => read(variables))).toEqual([3, 6]);
  });

  it('keeps one tensor per variable and no others, whatever runs in it', async () => {
    const variables = variablesOf(1, 2);
    const before = tf.memory();
    const average = weightAverage({ decay: 0.5 });
    for (const value of [1, 2, 3]) {
      tf.tidy(() => {
        variables.get('a')!.assign(tf.tensor1d([value, value]));
        average.update(variables);
        average.with(variables, () => read(variables));
      });
    }
    await average.with(variables, async () => read(variables));
    expect(() => average.with(variables, () => expect.fail('stop'))).toThrow('stop');
    expect(tf.memory().numTensors).toBe(before.numTensors + 2);
    expect(tf.memory().numBytes).toBe(before.numBytes + 4 * 3);
    const state = await average.state();
    average.restore(state, variables);
    expect(tf.memory().numTensors).toBe(before.numTensors + 2);
    average.dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });

  describe('refuses', () => {
    it('to change while the averages stand in place of the weights', async () => {
      const { variables, average } = trained();
      const state = await average.state();
      const operations = {
        update: () => average.update(variables),
        with: () => average.with(variables, () => 0),
        restore: () => average.restore(state, variables),
        dispose: () => average.dispose(),
      };
      for (const [name, operation] of Object.entries(operations)) {
        expect(() => average.with(variables, operation)).toThrow(`weightAverage.${name}: the averages stand`);
      }
      expect(read(variables)).toEqual([3, 6]);
    });

    it('to stand in before it took weights in', () => {
      expect(() => weightAverage({ decay: 0.5 }).with(variablesOf(1), () => 0)).toThrow('call update first');
    });

    it('other variables than at the first update, and changes nothing', async () => {
      const { variables, average } = trained();
      const state = await average.state();
      const more = new Map([...variables, ['c', tf.variable(tf.scalar(1))]]);
      const fewer = new Map([...variables].slice(1));
      const other = new Map([...variables, ['a', tf.variable(tf.scalar(1))]]);
      expect(() => average.update(more)).toThrow(
        'weightAverage.update: variable "c": expected none of this name, as at the first update; got shape []',
      );
      expect(() => average.update(fewer)).toThrow(
        'variable "a": expected shape [2], as at the first update; got none',
      );
      expect(() => average.with(other, () => 0)).toThrow(
        'weightAverage.with: variable "a": expected shape [2], as at the first update; got shape []',
      );
      expect(await average.state()).toEqual(state);
    });

    it.each([1, -0.1, Number.NaN])('the decay %d', (decay) => {
      expect(() => weightAverage({ decay })).toThrow(TrainingError);
    });

    it('a state of another model, and keeps its own', async () => {
      const { variables, average } = trained();
      const own = await average.state();
      const other = new Map([['c', tf.variable(tf.scalar(1))]]);
      expect(() => average.restore(own, other)).toThrow(
        'weightAverage.restore: tensor "average.a": not expected',
      );
      expect(await average.state()).toEqual(own);
      expect(read(variables)).toEqual([3, 6]);
    });
  });
});
