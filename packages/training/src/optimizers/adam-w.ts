/**
 * AdamW: Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2; Kingma & Ba 2015).
 *
 *     m ← β₁ m + (1 − β₁) g
 *     v ← β₂ v + (1 − β₂) g²
 *     w ← (1 − η λ) w − η · m̂ / (√v̂ + ε),   m̂ = m / (1 − β₁ᵗ),   v̂ = v / (1 − β₂ᵗ),   t = 1, 2, …
 *
 * η is the learning rate, λ the weight decay, which only matrices (rank >= 2) get: gains and biases have nothing to gain
 * from being small. The corrections are computed from t alone, in float64, so a restored optimiser takes the same step, bit
 * for bit. What a step does to the tensors stands in packages/kernels, in adam-w/.
 */
import { adamWNumbers, adamWStep } from '@sparse-transformers/kernels';
import { dispose, tensor1d, tidy, type Variable, variable, zeros } from '@tensorflow/tfjs-core';
import { downloadTensors, readCount, readTensors, savedCount, uploadVariable } from '../checkpoints/index.ts';
import { checkNumber } from '../errors.ts';
import { checkStep, type Optimizer } from './optimizer.ts';

/** The settings of {@link adamW}. */
export interface AdamWOptions {
  /** β₁: how much of the mean gradient is kept from step to step, 0 <= β₁ < 1; 0.9 if not given. */
  readonly beta1?: number;
  /** β₂: how much of the mean square is kept from step to step, 0 <= β₂ < 1; 0.999 if not given. */
  readonly beta2?: number;
  /** ε: keeps the step finite where gradients vanish, > 0; 1e-8 if not given. */
  readonly epsilon?: number;
  /** λ: share of a matrix that is taken off per step and unit of learning rate, >= 0; 0.01 if not given. */
  readonly weightDecay?: number;
}

interface Moments {
  readonly first: Variable;
  readonly second: Variable;
}

/**
 * Makes an AdamW optimiser; formulas at the top of its file and in the README. Works on any backend: by one launch for all
 * variables where the backend has a kernel for it, else by 13 small kernels per matrix and 12 per vector. Keeps two tensors per
 * variable, saved as `first.NAME` (m) and `second.NAME` (v) in the variable's shape: twice the memory of the variables. Steps are
 * deterministic wherever the backend is.
 *
 * @throws TrainingError if a setting is out of its range
 */
export function adamW({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0.01,
}: AdamWOptions = {}): Optimizer {
  const settings = { beta1, beta2, epsilon, weightDecay };
  checkSettings(settings);
  let steps = 0;
  let moments = new Map<string, Moments>();

  return {
    step(variables, gradients, { learningRate }) {
      checkStep('adamW.step', { variables, gradients, learningRate, shapes: shapesOf(moments) });
      steps++;
      const parameters = [...variables].map(([name, weight]) => {
        const own = moments.get(name) ?? newMoments(weight);
        moments.set(name, own);
        return { weight, gradient: gradients.get(name)!, ...own, decays: weight.rank >= 2 };
      });
      tidy(() => adamWStep(parameters, tensor1d(adamWNumbers({ ...settings, learningRate, step: steps }))));
    },
    steps: () => steps,
    async state() {
      const taken = steps;
      return (await downloadTensors(namesOf(moments))).set('steps', savedCount(taken));
    },
    restore(state, variables) {
      const shapes = new Map(
        [...variables].flatMap(([name, { shape }]) => [
          [`first.${name}`, shape],
          [`second.${name}`, shape],
        ]),
      );
      const values = readTensors('adamW.restore', state, 'steps', shapes);
      disposeMoments(moments);
      steps = readCount('adamW.restore', state, 'steps');
      moments = uploadMoments(values, variables);
    },
    dispose() {
      disposeMoments(moments);
      steps = 0;
      moments = new Map();
    },
  };
}

function checkSettings({ beta1, beta2, epsilon, weightDecay }: Required<AdamWOptions>): void {
  const isShare = (value: number) => value >= 0 && value < 1;
  checkNumber('adamW', 'beta1', beta1, isShare, 'from 0 to less than 1');
  checkNumber('adamW', 'beta2', beta2, isShare, 'from 0 to less than 1');
  checkNumber('adamW', 'epsilon', epsilon, (value) => value > 0, 'a finite number > 0');
  checkNumber('adamW', 'weightDecay', weightDecay, (value) => value >= 0, 'a finite number >= 0');
}

function shapesOf(moments: ReadonlyMap<string, Moments>): Map<string, readonly number[]> {
  return new Map([...moments].map(([name, { first }]) => [name, first.shape]));
}

function newMoments({ shape }: Variable): Moments {
  return tidy(() => ({ first: variable(zeros(shape), false), second: variable(zeros(shape), false) }));
}

function disposeMoments(moments: ReadonlyMap<string, Moments>): void {
  for (const { first, second } of moments.values()) dispose([first, second]);
}

/** The moments by the names that they are saved under. */
function namesOf(moments: ReadonlyMap<string, Moments>): Map<string, Variable> {
  return new Map(
    [...moments].flatMap(([name, { first, second }]) => [
      [`first.${name}`, first],
      [`second.${name}`, second],
    ]),
  );
}

function uploadMoments(
  values: ReadonlyMap<string, Float32Array>,
  variables: ReadonlyMap<string, Variable>,
): Map<string, Moments> {
  const moments = new Map<string, Moments>();
  for (const [name, { shape }] of variables) {
    const first = values.get(`first.${name}`);
    const second = values.get(`second.${name}`);
    if (first && second)
      moments.set(name, { first: uploadVariable(first, shape), second: uploadVariable(second, shape) });
  }
  return moments;
}
