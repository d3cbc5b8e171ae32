import { useEngine } from '@sparse-transformers/engines';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AdafactorOptions, adafactor, TrainingError } from '../src/index.ts';
import { demandedEngines } from './demanded-engines.ts';

type Round = (value: number) => number;
const float64: Round = (value) => value;

interface Settings extends Required<AdafactorOptions> {
  readonly learningRate: number;
}

const usual: Settings = { relativeStep: true, beta1: 0, weightDecay: 0, learningRate: 0.01 };

/** A mean of the last axis or the one before it of `[stack, rows, columns]`, by plain loops. */
function meanOver(values: number[], [stack, rows, columns]: Sizes, axis: 'rows' | 'columns', round: Round) {
  const kept = axis === 'columns' ? rows : columns;
  const summed = axis === 'columns' ? columns : rows;
  return Array.from({ length: stack * kept }, (_, index) => {
    const [s, k] = [Math.floor(index / kept), index % kept];
    let sum = 0;
    for (let i = 0; i < summed; i++) {
      const [r, c] = axis === 'columns' ? [k, i] : [i, k];
      sum = round(sum + values[(s * rows + r) * columns + c]!);
    }
    return round(sum / summed);
  });
}

type Sizes = readonly [stack: number, rows: number, columns: number];

/** Plain loops, straight from the formulas; `round` makes the float32 version of it. */
function referenceSteps(
  shape: number[],
  weight: number[],
  gradients: number[][],
  settings: Settings,
  round: Round,
) {
  const isMatrix = shape.length >= 2;
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const sizes: Sizes = [isMatrix ? weight.length / (rows * columns) : 1, rows, columns];
  const size = (values: number[]) =>
    round(
      Math.sqrt(round(values.reduce((sum, value) => round(sum + round(value * value)), 0) / values.length)),
    );
  const blend = (old: number[], next: number[], decay: number) =>
    next.map((value, i) => round(round((old[i] ?? 0) * round(decay)) + round(value * round(1 - decay))));
  let [w, m] = [weight.map(round), weight.map(() => 0)];
  let rowMeans: number[] = [];
  let columnMeans: number[] = [];
  let second: number[] = [];
  for (const [index, gradient] of gradients.entries()) {
    const beta = 1 - (index + 1) ** -0.8;
    const g = gradient.map(round);
    const squares = g.map((value) => round(round(value * value) + 1e-30));
    let u: number[];
    if (isMatrix) {
      rowMeans = blend(rowMeans, meanOver(squares, sizes, 'columns', round), beta);
      columnMeans = blend(columnMeans, meanOver(squares, sizes, 'rows', round), beta);
      const whole = meanOver(rowMeans, [sizes[0], 1, rows], 'columns', round);
      u = g.map((value, i) => {
        const [s, r, c] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
        const row = round(1 / Math.sqrt(round(rowMeans[s * rows + r]! / whole[s]!)));
        return round(round(value * row) * round(1 / Math.sqrt(columnMeans[s * columns + c]!)));
      });
    } else {
      second = blend(second, squares, beta);
      u = g.map((value, i) => round(value * round(1 / Math.sqrt(second[i]!))));
    }
    const limit = Math.max(1, size(u));
    u = u.map((value) => round(value / limit));
    if (settings.beta1 > 0) u = m = blend(m, u, settings.beta1);
    const scale = settings.relativeStep ? Math.max(1e-3, size(w)) : 1;
    const rate = round(scale * round(settings.learningRate));
    const left = isMatrix ? round(1 - settings.learningRate * settings.weightDecay) : 1;
    w = w.map((value, i) => round(round(value * left) - round(u[i]! * rate)));
  }
  return w;
}

/** Numbers between -1 and 1 that differ from place to place. */
const wave = (length: number, phase: number) =>
  Array.from({ length }, (_, i) => Math.sin(12.9898 * i + 78.233 * phase + 1) * (i % 5 === 4 ? 1e-4 : 1));

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe.each(demandedEngines)('adafactor on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  afterEach(() => {
    tf.disposeVariables();
  });

  const variableOf = (values: number[], shape: number[]) => tf.variable(tf.tensor(values, shape));
  const oneGradient = (values: number[], shape: number[]) => new Map([['w', tf.tensor(values, shape)]]);

  /** Moves one variable by the gradients given and returns its values. */
  function moved(shape: number[], weight: number[], gradients: number[][], settings: Settings): Float32Array {
    const variables = new Map([['w', variableOf(weight, shape)]]);
    const optimizer = adafactor(settings);
    for (const gradient of gradients) optimizer.step(variables, oneGradient(gradient, shape), settings);
    return variables.get('w')!.dataSync<'float32'>();
  }

  it.each<[number[], Partial<Settings>]>([
    [[6, 4], {}],
    [[24], {}],
    [[1, 24], {}],
    [[2, 3, 4], {}],
    [[2, 2, 2, 3], { relativeStep: false }],
    [[6, 4], { relativeStep: false, weightDecay: 0.1 }],
    [[6, 4], { beta1: 0.9, learningRate: 0.1 }],
    [[24], { beta1: 0.9, relativeStep: false }],
  ])('takes 50 steps of shape %j, %j as the float64 loops do', (shape, changes) => {
    const settings = { ...usual, ...changes };
    const weight = wave(24, 0);
    const gradients = Array.from({ length: 50 }, (_, step) => wave(24, step + 1));
    const expected = referenceSteps(shape, weight, gradients, settings, float64);
    const plain = referenceSteps(shape, weight, gradients, settings, Math.fround);
    const error = largestDifference(moved(shape, weight, gradients, settings), expected);
    expect(largestDifference(expected, weight)).toBeGreaterThan(0.005);
    expect(error).toBeLessThan(2 * largestDifference(plain, expected));
  });

  // g² = [[4, 16], [4, 16]]: rows 10, 10, columns 4, 16, so the estimate is g² itself, u = g / |g|, and RMS(u) = 1.
  it('moves by the sign of a gradient of rank 1 at the first step, times the size of the weight', () => {
    const values = moved([2, 2], [3, -3, 3, 3], [[2, -4, 2, 4]], usual);
    expect(largestDifference(values, [2.97, -2.97, 2.97, 2.97])).toBeLessThan(1e-6);
  });

  it('moves a weight of zeros as one of size 0.001', () => {
    expect(largestDifference(moved([2], [0, 0], [[5, -5]], usual), [-1e-5, 1e-5])).toBeLessThan(1e-11);
  });

  // At the second step u = 100 / √(0.43 · 1² + 0.57 · 100²) = 1.32, which is clipped to 1.
  it('clips a direction that is larger than the ones before', () => {
    const settings = { ...usual, relativeStep: false, learningRate: 1 };
    expect(moved([1], [0], [[1], [100]], settings)[0]).toBeCloseTo(-2, 6);
  });

  it.each([[[2, 3]], [[6]]])('leaves weights of shape %j as they are where gradients are zero', (shape) => {
    const weight = [1, 2, 3, 4, 5, 6];
    const zeros = [0, 0, 0, 0, 0, 0];
    expect([...moved(shape, weight, [zeros, zeros], usual)]).toEqual(weight);
  });

  it('stays finite where rows and columns had no gradient for long', () => {
    const rare = [0, 0, 0, 1, 1, 1];
    const values = moved([2, 3], [1, 1, 1, 1, 1, 1], [...Array(20).fill(rare), [1, 0, 0, 0, 0, 0]], usual);
    expect([...values].every(Number.isFinite)).toBe(true);
    expect(values[0]).toBeLessThan(1);
  });

  it('decays matrices, and not vectors', () => {
    const settings = { ...usual, weightDecay: 0.5, learningRate: 0.5 };
    expect(moved([1, 1], [2], [[0]], settings)[0]).toBe(1.5);
    expect(moved([1], [2], [[0]], settings)[0]).toBe(2);
  });

  it.each([0, 0.9])('goes on from a saved state with the same bits (β₁ = %d)', async (beta1) => {
    const settings = { ...usual, beta1 };
    const gradients = Array.from({ length: 6 }, (_, step) => wave(4, step));
    const straight = moved([2, 2], wave(4, 9), gradients, settings);
    const variables = new Map([['w', variableOf(wave(4, 9), [2, 2])]]);
    let optimizer = adafactor(settings);
    for (const [step, gradient] of gradients.entries()) {
      if (step === 3) {
        const state = await optimizer.state();
        optimizer.dispose();
        optimizer = adafactor(settings);
        optimizer.restore(state, variables);
      }
      optimizer.step(variables, oneGradient(gradient, [2, 2]), settings);
    }
    expect(variables.get('w')!.dataSync()).toEqual(straight);
    expect(optimizer.steps()).toBe(6);
  });

  it('shows its state by name: the means of rows and of columns, or of all values of a vector', async () => {
    const variables = new Map([
      ['a.b', variableOf([1, 2, 3, 4], [2, 2])],
      ['c', variableOf([1, 2], [2])],
    ]);
    const gradients = new Map<string, tf.Tensor>([
      [
        'a.b',
        tf.tensor2d([
          [1, 3],
          [1, 5],
        ]),
      ],
      ['c', tf.tensor1d([2, 3])],
    ]);
    const optimizer = adafactor();
    optimizer.step(variables, gradients, usual);
    expect(await optimizer.state()).toEqual(
      new Map([
        ['rows.a.b', { dtype: 'F32', shape: [2], values: Float32Array.of(5, 13) }],
        ['columns.a.b', { dtype: 'F32', shape: [2], values: Float32Array.of(1, 17) }],
        ['second.c', { dtype: 'F32', shape: [2], values: Float32Array.of(4, 9) }],
        ['steps', { dtype: 'I32', shape: [], values: Int32Array.of(1) }],
      ]),
    );
  });

  it.each([
    [[300, 200], 0, 300 + 200],
    [[3, 40, 50], 0, 3 * (40 + 50)],
    [[77], 0, 77],
    [[], 0, 1],
    [[300, 200], 0.9, 300 + 200 + 300 * 200],
  ])('keeps of shape %j with β₁ = %d no more than %d numbers', (shape, beta1, numbers) => {
    const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 1);
    const variables = new Map([['w', variableOf(values, shape)]]);
    const gradients = oneGradient(values, shape);
    const before = tf.memory();
    const optimizer = adafactor({ beta1 });
    optimizer.step(variables, gradients, usual);
    optimizer.step(variables, gradients, usual);
    expect(tf.memory().numBytes - before.numBytes).toBe(4 * numbers);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });

  it('keeps its state through a tidy, and leaks nothing when one is restored over another', async () => {
    const variables = new Map([['w', variableOf([1, 2, 3, 4], [2, 2])]]);
    const optimizer = adafactor();
    tf.tidy(() => optimizer.step(variables, oneGradient([1, 2, 3, 4], [2, 2]), usual));
    const state = await optimizer.state();
    const before = tf.memory().numTensors;
    optimizer.restore(state, variables);
    expect(tf.memory().numTensors).toBe(before);
    expect(await optimizer.state()).toEqual(state);
  });

  it('restores the state of an optimiser that never ran', async () => {
    const optimizer = adafactor();
    optimizer.restore(await adafactor().state(), new Map([['w', variableOf([1], [1])]]));
    expect(optimizer.steps()).toBe(0);
  });

  describe('refuses', () => {
    const one = () => new Map([['w', variableOf([1, 2], [1, 2])]]);

    it('a variable without a gradient, and changes nothing', () => {
      const variables = new Map([...one(), ['v', variableOf([1], [1])]]);
      const optimizer = adafactor();
      expect(() => optimizer.step(variables, oneGradient([1, 1], [1, 2]), usual)).toThrow(
        'adafactor.step: variable "v": no gradient came',
      );
      expect([...variables.get('w')!.dataSync()]).toEqual([1, 2]);
      expect(optimizer.steps()).toBe(0);
    });

    it('a variable that changed its shape', () => {
      const optimizer = adafactor();
      optimizer.step(one(), oneGradient([1, 1], [1, 2]), usual);
      const other = new Map([['w', variableOf([1, 2], [2, 1])]]);
      expect(() => optimizer.step(other, oneGradient([1, 1], [2, 1]), usual)).toThrow(
        'had shape [1,2] in earlier steps; got [2,1]',
      );
    });

    it('a learning rate that is not a finite number', () => {
      const step = () => adafactor().step(one(), oneGradient([1, 1], [1, 2]), { learningRate: Number.NaN });
      expect(step).toThrow('learningRate must be a finite number');
    });

    it.each([{ beta1: 1 }, { beta1: -0.1 }, { weightDecay: -1 }])('the setting %j', (setting) => {
      expect(() => adafactor(setting)).toThrow(TrainingError);
    });

    it.each([
      ['rows.w', undefined, 'adafactor.restore: tensor "rows.w": missing'],
      ['first.w', { dtype: 'F32', shape: [1, 2], values: Float32Array.of(1, 2) }, 'not expected here'],
      ['columns.w', { dtype: 'F32', shape: [1], values: Float32Array.of(1) }, 'expected shape [2]; got [1]'],
      ['steps', undefined, 'tensor "steps": expected a scalar'],
    ] as const)('a state with a wrong %s, and keeps its own', async (name, tensor, message) => {
      const optimizer = adafactor();
      const variables = one();
      optimizer.step(variables, oneGradient([1, 1], [1, 2]), usual);
      const own = await optimizer.state();
      const state = new Map(own);
      if (tensor) state.set(name, tensor);
      else state.delete(name);
      expect(() => optimizer.restore(state, variables)).toThrow(message);
      expect(await optimizer.state()).toEqual(own);
    });
  });
});
