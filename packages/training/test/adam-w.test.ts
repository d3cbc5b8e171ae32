import { useEngine } from '@sparse-transformers/engines';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AdamWOptions, adamW, TrainingError } from '../src/index.ts';
import { demandedEngines } from './demanded-engines.ts';

type Round = (value: number) => number;
const float64: Round = (value) => value;

interface Settings extends Required<AdamWOptions> {
  readonly learningRate: number;
}

const usual: Settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, learningRate: 0.01 };

/** Plain loops, straight from the formulas; `round` makes the float32 version of it. */
function referenceSteps(
  weight: number[],
  gradients: number[][],
  settings: Settings,
  decays: boolean,
  round: Round,
) {
  const w = weight.map(round);
  const m = w.map(() => 0);
  const v = w.map(() => 0);
  for (const [index, gradient] of gradients.entries()) {
    const t = index + 1;
    for (let i = 0; i < w.length; i++) {
      const g = round(gradient[i]!);
      m[i] = round(round(round(settings.beta1) * m[i]!) + round(round(1 - settings.beta1) * g));
      v[i] = round(round(round(settings.beta2) * v[i]!) + round(round(round(1 - settings.beta2) * g) * g));
      const firstHat = round(m[i]! / round(1 - settings.beta1 ** t));
      const secondHat = round(v[i]! / round(1 - settings.beta2 ** t));
      const kept = decays ? round(w[i]! * round(1 - settings.learningRate * settings.weightDecay)) : w[i]!;
      const direction = round(firstHat / round(round(Math.sqrt(secondHat)) + round(settings.epsilon)));
      w[i] = round(kept - round(round(settings.learningRate) * direction));
    }
  }
  return w;
}

/** Numbers between -1 and 1 that differ from place to place. */
const wave = (length: number, phase: number) =>
  Array.from({ length }, (_, i) => Math.sin(12.9898 * i + 78.233 * phase + 1) * (i % 5 === 4 ? 1e-4 : 1));

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe.each(demandedEngines)('adamW on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });

  afterEach(() => {
    tf.disposeVariables();
  });

  const matrixOf = (values: number[], shape = [1, values.length]) => tf.variable(tf.tensor(values, shape));

  /** Moves one variable by the gradients given and returns its values. */
  function moved(shape: number[], weight: number[], gradients: number[][], settings: Settings): Float32Array {
    const variables = new Map([['w', matrixOf(weight, shape)]]);
    const optimizer = adamW(settings);
    for (const gradient of gradients) {
      optimizer.step(variables, new Map([['w', tf.tensor(gradient, shape)]]), settings);
    }
    return variables.get('w')!.dataSync<'float32'>();
  }

  it.each([
    [[3, 4], usual],
    [[12], usual],
    [[12], { ...usual, beta1: 0 }],
    [[3, 4], { ...usual, beta2: 0.95, weightDecay: 0.1, epsilon: 1e-3 }],
  ])('takes 50 steps of shape %j as the float64 loops do', (shape, settings) => {
    const weight = wave(12, 0);
    const gradients = Array.from({ length: 50 }, (_, step) => wave(12, step + 1));
    const expected = referenceSteps(weight, gradients, settings, shape.length > 1, float64);
    const plain = referenceSteps(weight, gradients, settings, shape.length > 1, Math.fround);
    const error = largestDifference(moved(shape, weight, gradients, settings), expected);
    expect(error).toBeLessThan(2 * largestDifference(plain, expected));
  });

  it('moves a vector by the learning rate at the first step, whatever the size of the gradient', () => {
    const values = moved([3], [1, 1, 1], [[5, -0.001, 0]], { ...usual, learningRate: 0.5 });
    expect(largestDifference(values, [0.5, 1.5, 1])).toBeLessThan(1e-5);
  });

  // By hand, β₁ = β₂ = 0.5, ε = 1, λ = 0.1, η = 0.1, g = 1 then 3:
  // m = 0.5, v = 0.5, m̂ = v̂ = 1: w = 2·0.99 − 0.1·1/2 = 1.93
  // m = 1.75, v = 4.75, m̂ = 7/3, v̂ = 19/3: w = 1.93·0.99 − 0.1·(7/3)/(√(19/3) + 1) = 1.844344…
  it.each([
    [[[1]], 1.93],
    [[[1], [3]], 1.9107 - 0.7 / 3 / (Math.sqrt(19 / 3) + 1)],
  ])('gives the numbers worked out by hand for the gradients %j', (gradients, expected) => {
    const settings = { beta1: 0.5, beta2: 0.5, epsilon: 1, weightDecay: 0.1, learningRate: 0.1 };
    expect(moved([1, 1], [2], gradients, settings)[0]).toBeCloseTo(expected, 6);
  });

  it('decays matrices, and not vectors or scalars', () => {
    const settings = { ...usual, weightDecay: 0.5, learningRate: 0.5 };
    expect(moved([1, 1], [2], [[0]], settings)[0]).toBe(1.5);
    expect(moved([1], [2], [[0]], settings)[0]).toBe(2);
    expect(moved([], [2], [[0]], settings)[0]).toBe(2);
  });

  it('leaves weights as they are at a learning rate of 0', () => {
    expect(moved([1, 2], [0.1, -7], [[1, 2]], { ...usual, learningRate: 0 })).toEqual(
      Float32Array.of(0.1, -7),
    );
  });

  it('gives the same bits for the same steps', () => {
    const gradients = Array.from({ length: 5 }, (_, step) => wave(12, step));
    expect(moved([3, 4], wave(12, 9), gradients, usual)).toEqual(
      moved([3, 4], wave(12, 9), gradients, usual),
    );
  });

  it('goes on from a saved state with the same bits', async () => {
    const gradients = Array.from({ length: 6 }, (_, step) => wave(4, step));
    const straight = moved([2, 2], wave(4, 9), gradients, usual);
    const variables = new Map([['w', matrixOf(wave(4, 9), [2, 2])]]);
    let optimizer = adamW(usual);
    for (const [step, gradient] of gradients.entries()) {
      if (step === 3) {
        const state = await optimizer.state();
        optimizer.dispose();
        optimizer = adamW(usual);
        optimizer.restore(state, variables);
      }
      optimizer.step(variables, new Map([['w', tf.tensor(gradient, [2, 2])]]), usual);
    }
    expect(variables.get('w')!.dataSync()).toEqual(straight);
    expect(optimizer.steps()).toBe(6);
  });

  it('shows its state by name', async () => {
    const variables = new Map([['a.b', matrixOf([1, 2])]]);
    const optimizer = adamW({ beta1: 0.5, beta2: 0.75 });
    optimizer.step(variables, new Map([['a.b', tf.tensor([[2, 4]])]]), usual);
    expect(await optimizer.state()).toEqual(
      new Map([
        ['first.a.b', { dtype: 'F32', shape: [1, 2], values: Float32Array.of(1, 2) }],
        ['second.a.b', { dtype: 'F32', shape: [1, 2], values: Float32Array.of(1, 4) }],
        ['steps', { dtype: 'I32', shape: [], values: Int32Array.of(1) }],
      ]),
    );
  });

  it('hands out copies of its state, and takes copies', async () => {
    const variables = new Map([['w', matrixOf([1])]]);
    const optimizer = adamW();
    optimizer.step(variables, new Map([['w', tf.tensor([[2]])]]), usual);
    const firstMoment = async () => (await optimizer.state()).get('first.w')!.values;
    const own = Float32Array.from(await firstMoment());
    const handedOut = await optimizer.state();
    handedOut.get('first.w')!.values.fill(7);
    expect(await firstMoment()).toEqual(own);
    const taken = await optimizer.state();
    optimizer.restore(taken, variables);
    taken.get('first.w')!.values.fill(7);
    expect(await firstMoment()).toEqual(own);
  });

  it('restores the state of an optimiser that never ran', async () => {
    const optimizer = adamW();
    optimizer.restore(await adamW().state(), new Map([['w', matrixOf([1])]]));
    expect(optimizer.steps()).toBe(0);
  });

  it('keeps two tensors per variable and no others', () => {
    const variables = new Map([
      ['a', matrixOf([1, 2])],
      ['b', tf.variable(tf.tensor([1]))],
    ]);
    const gradients = new Map<string, tf.Tensor>([
      ['a', tf.tensor([[1, 2]])],
      ['b', tf.tensor([1])],
    ]);
    const before = tf.memory().numTensors;
    const optimizer = adamW();
    optimizer.step(variables, gradients, usual);
    expect(tf.memory().numTensors).toBe(before + 4);
    optimizer.step(variables, gradients, usual);
    tf.tidy(() => optimizer.step(variables, gradients, usual));
    expect(tf.memory().numTensors).toBe(before + 4);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaks nothing when a state is restored over another', async () => {
    const variables = new Map([['w', matrixOf([1])]]);
    const optimizer = adamW();
    optimizer.step(variables, new Map([['w', tf.tensor([[2]])]]), usual);
    const state = await optimizer.state();
    const before = tf.memory().numTensors;
    optimizer.restore(state, variables);
    expect(tf.memory().numTensors).toBe(before);
  });

  describe('refuses', () => {
    const one = () => new Map([['w', matrixOf([1])]]);
    const gradient = () => new Map([['w', tf.tensor([[1]])]]);

    it('a variable without a gradient, and changes nothing', async () => {
      const variables = new Map([...one(), ['v', matrixOf([1])]]);
      const optimizer = adamW();
      expect(() => optimizer.step(variables, gradient(), usual)).toThrow(
        'adamW.step: variable "v": no gradient came',
      );
      expect(variables.get('w')!.dataSync()[0]).toBe(1);
      expect(optimizer.steps()).toBe(0);
    });

    it('a gradient without a variable', () => {
      const gradients = new Map([...gradient(), ['v', tf.tensor([[1]])]]);
      expect(() => adamW().step(one(), gradients, usual)).toThrow(
        'variable "v": a gradient came, but no variable',
      );
    });

    it('a gradient of another shape', () => {
      const gradients = new Map([['w', tf.tensor([1])]]);
      expect(() => adamW().step(one(), gradients, usual)).toThrow(
        'expected a gradient of shape [1,1]; got [1]',
      );
    });

    it('a variable that changed its shape', () => {
      const optimizer = adamW();
      optimizer.step(one(), gradient(), usual);
      const other = new Map([['w', matrixOf([1, 2])]]);
      const gradients = new Map([['w', tf.tensor([[1, 2]])]]);
      expect(() => optimizer.step(other, gradients, usual)).toThrow(
        'had shape [1,1] in earlier steps; got [1,2]',
      );
    });

    it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('the learning rate %d', (learningRate) => {
      expect(() => adamW().step(one(), gradient(), { learningRate })).toThrow(
        'learningRate must be a finite number',
      );
    });

    it.each([
      { beta1: 1 },
      { beta1: -0.1 },
      { beta2: 1 },
      { beta2: Number.NaN },
      { epsilon: 0 },
      { weightDecay: -1 },
    ])('the setting %j', (setting) => {
      expect(() => adamW(setting)).toThrow(TrainingError);
    });

    it.each([
      ['first.w', undefined, 'tensor "first.w": missing'],
      [
        'first.v',
        { dtype: 'F32', shape: [], values: Float32Array.of(1) },
        'tensor "first.v": not expected here',
      ],
      ['second.w', { dtype: 'F32', shape: [1], values: Float32Array.of(1) }, 'expected shape [1,1]; got [1]'],
      ['second.w', { dtype: 'I32', shape: [1, 1], values: Int32Array.of(1) }, 'expected dtype F32; got I32'],
      ['second.w', { dtype: 'F32', shape: [1, 1], values: Float32Array.of(1, 2) }, 'does not hold 2 values'],
      ['steps', undefined, 'tensor "steps": expected a scalar'],
      ['steps', { dtype: 'I32', shape: [], values: Int32Array.of(-1) }, 'tensor "steps": expected a scalar'],
    ] as const)('a state with a wrong %s, and keeps its own', async (name, tensor, message) => {
      const optimizer = adamW();
      const variables = one();
      optimizer.step(variables, gradient(), usual);
      const own = await optimizer.state();
      const state = new Map(own);
      if (tensor) state.set(name, tensor);
      else state.delete(name);
      expect(() => optimizer.restore(state, variables)).toThrow(message);
      expect(await optimizer.state()).toEqual(own);
    });

    it('a state of some steps without moments', async () => {
      const state = new Map([['steps', { dtype: 'I32', shape: [], values: Int32Array.of(3) } as const]]);
      expect(() => adamW().restore(state, one())).toThrow('tensor "first.w": missing');
    });
  });
});
