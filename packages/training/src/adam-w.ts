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
import {
  dispose,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
  util,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { checkNumber, TrainingError } from './errors.ts';

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

/** One tensor of an optimiser's saved state; fits the tensors of a safetensors file. */
export type OptimizerTensor =
  | {
      /** 32-bit floats. */
      readonly dtype: 'F32';
      /** The shape of the variable. */
      readonly shape: readonly number[];
      /** Row-major values. */
      readonly values: Float32Array;
    }
  | {
      /** 32-bit signed whole numbers. */
      readonly dtype: 'I32';
      /** Empty: the only one is the scalar `steps`. */
      readonly shape: readonly number[];
      /** Row-major values. */
      readonly values: Int32Array;
    };

/** An optimiser of named variables. Its two moments per variable take twice the memory of the variables. */
export interface AdamW {
  /**
   * Moves the variables by one step. Nothing is changed if an argument is refused.
   *
   * @param variables by name; the same names and shapes at every step
   * @param gradients one for each variable, of the same name and shape; left as they are
   * @param settings.learningRate η, a finite number >= 0
   * @throws TrainingError, naming the variable, if names or shapes do not fit
   */
  step(
    variables: ReadonlyMap<string, Variable>,
    gradients: ReadonlyMap<string, Tensor>,
    settings: { readonly learningRate: number },
  ): void;
  /** The number of steps taken, t in the formulas. */
  steps(): number;
  /**
   * Downloads the state: `steps` (I32, a scalar) and, for each variable that was ever moved, `first.NAME` (m) and
   * `second.NAME` (v), both F32 in the variable's shape. Take no step before it is done.
   */
  state(): Promise<Map<string, OptimizerTensor>>;
  /**
   * Replaces the state by a saved one; the values are copied. Nothing is changed if the state is refused.
   *
   * @param state as `state` gave it
   * @param variables the variables that the state must fit, by name
   * @throws TrainingError, naming the tensor, if one is missing, left over, or of another shape or dtype
   */
  restore(state: ReadonlyMap<string, OptimizerTensor>, variables: ReadonlyMap<string, Variable>): void;
  /** Frees the moments. The optimiser is then as new. */
  dispose(): void;
}

interface Moments {
  readonly first: Variable;
  readonly second: Variable;
}

/**
 * Makes an AdamW optimiser; formulas at the top of its file and in the README. Works on any backend: by one launch for all
 * variables where the backend has a kernel for it, else by 13 small kernels per matrix and 12 per vector. Keeps two tensors per
 * variable. Steps are deterministic wherever the backend is.
 *
 * @throws TrainingError if a setting is out of its range
 */
export function adamW({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0.01,
}: AdamWOptions = {}): AdamW {
  const settings = { beta1, beta2, epsilon, weightDecay };
  checkSettings(settings);
  let steps = 0;
  let moments = new Map<string, Moments>();

  return {
    step(variables, gradients, { learningRate }) {
      checkNumber('adamW.step', 'learningRate', learningRate, (value) => value >= 0, 'a finite number >= 0');
      checkFit(variables, gradients, moments);
      steps++;
      const parameters = [...variables].map(([name, weight]) => {
        const own = moments.get(name) ?? newMoments(weight);
        moments.set(name, own);
        return { weight, gradient: gradients.get(name)!, ...own, decays: weight.rank >= 2 };
      });
      tidy(() => adamWStep(parameters, tensor1d(adamWNumbers({ ...settings, learningRate, step: steps }))));
    },
    steps: () => steps,
    state: () => download(steps, moments),
    restore(state, variables) {
      const restoredSteps = readSteps(state);
      const values = readMoments(restoredSteps, state, variables);
      disposeMoments(moments);
      steps = restoredSteps;
      moments = new Map([...values].map(([name, pair]) => [name, uploadMoments(pair)]));
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

function checkFit(
  variables: ReadonlyMap<string, Variable>,
  gradients: ReadonlyMap<string, Tensor>,
  moments: ReadonlyMap<string, Moments>,
): void {
  for (const name of gradients.keys()) {
    if (!variables.has(name)) throw stepError(name, 'a gradient came, but no variable of this name');
  }
  for (const [name, { shape }] of variables) {
    const gradient = gradients.get(name);
    if (gradient === undefined)
      throw stepError(name, 'no gradient came; leave the variable out to freeze it');
    if (!isSameShape(gradient.shape, shape)) {
      throw stepError(name, `expected a gradient of shape [${shape}]; got [${gradient.shape}]`);
    }
    const kept = moments.get(name)?.first.shape;
    if (kept && !isSameShape(kept, shape)) {
      throw stepError(name, `had shape [${kept}] in earlier steps; got [${shape}]`);
    }
  }
}

function stepError(name: string, fault: string): TrainingError {
  return new TrainingError(`adamW.step: variable ${JSON.stringify(name)}: ${fault}.`);
}

function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function newMoments({ shape }: Variable): Moments {
  return tidy(() => ({ first: variable(zeros(shape), false), second: variable(zeros(shape), false) }));
}

function disposeMoments(moments: ReadonlyMap<string, Moments>): void {
  for (const { first, second } of moments.values()) dispose([first, second]);
}

// Saved state

async function download(
  steps: number,
  moments: ReadonlyMap<string, Moments>,
): Promise<Map<string, OptimizerTensor>> {
  const entries = [...moments].flatMap(([name, { first, second }]) => [
    downloadOne(`first.${name}`, first),
    downloadOne(`second.${name}`, second),
  ]);
  const state = new Map<string, OptimizerTensor>(await Promise.all(entries));
  return state.set('steps', { dtype: 'I32', shape: [], values: Int32Array.of(steps) });
}

/** Copies: some backends hand out the very memory that they compute in. */
async function downloadOne(name: string, moment: Variable): Promise<[string, OptimizerTensor]> {
  const values = Float32Array.from(await moment.data());
  return [name, { dtype: 'F32', shape: [...moment.shape], values }];
}

interface MomentValues {
  readonly shape: readonly number[];
  readonly first: Float32Array;
  readonly second: Float32Array;
}

function readSteps(state: ReadonlyMap<string, OptimizerTensor>): number {
  const tensor = state.get('steps');
  const steps = tensor?.values[0];
  if (tensor?.dtype !== 'I32' || tensor.shape.length !== 0 || steps === undefined || steps < 0) {
    throw stateError('steps', 'expected a scalar of dtype I32, >= 0');
  }
  return steps;
}

/** A state of no steps may hold no moments: an optimiser that never ran has none. */
function readMoments(
  steps: number,
  state: ReadonlyMap<string, OptimizerTensor>,
  variables: ReadonlyMap<string, Variable>,
): Map<string, MomentValues> {
  const known = new Set([
    'steps',
    ...[...variables.keys()].flatMap((name) => [`first.${name}`, `second.${name}`]),
  ]);
  for (const name of state.keys()) {
    if (!known.has(name)) throw stateError(name, 'not expected here; is the state of another model?');
  }
  const values = new Map<string, MomentValues>();
  if (steps === 0 && state.size === 1) return values;
  for (const [name, { shape }] of variables) {
    const first = readMoment(state, `first.${name}`, shape);
    values.set(name, { shape, first, second: readMoment(state, `second.${name}`, shape) });
  }
  return values;
}

function readMoment(
  state: ReadonlyMap<string, OptimizerTensor>,
  name: string,
  shape: readonly number[],
): Float32Array {
  const found = state.get(name);
  if (found === undefined) throw stateError(name, 'missing; is the state of another model?');
  if (found.dtype !== 'F32') throw stateError(name, `expected dtype F32; got ${found.dtype}`);
  if (!isSameShape(found.shape, shape))
    throw stateError(name, `expected shape [${shape}]; got [${found.shape}]`);
  if (found.values.length !== util.sizeFromShape([...shape])) {
    throw stateError(name, `shape [${shape}] does not hold ${found.values.length} values`);
  }
  return found.values;
}

function stateError(name: string, fault: string): TrainingError {
  return new TrainingError(`adamW.restore: tensor ${JSON.stringify(name)}: ${fault}.`);
}

/** Copies the values, since some backends compute in the very memory they are handed. */
function uploadMoments({ shape, first, second }: MomentValues): Moments {
  const upload = (values: Float32Array) => variable(tensor(values.slice(), [...shape], 'float32'), false);
  return tidy(() => ({ first: upload(first), second: upload(second) }));
}
