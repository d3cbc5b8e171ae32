/** What all optimisers have in common: their interface, and the refusal of steps that do not fit. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { isSameShape, type SavedTensor } from '../checkpoints/index.ts';
import { checkNumber, TrainingError } from '../errors.ts';

/** An optimiser of named variables: {@link adamW} or {@link adafactor}. */
export interface Optimizer {
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
   * Downloads the state: `steps` (I32, a scalar), and, for each variable that was ever moved, what the optimiser keeps of it (F32;
   * names and shapes stand at the optimiser). Take no step before it is done.
   */
  state(): Promise<Map<string, SavedTensor>>;
  /**
   * Replaces the state by a saved one; the values are copied. Nothing is changed if the state is refused.
   *
   * @param state as `state` gave it
   * @param variables the variables that the state must fit, by name
   * @throws TrainingError, naming the tensor, if one is missing, left over, or of another shape or dtype
   */
  restore(state: ReadonlyMap<string, SavedTensor>, variables: ReadonlyMap<string, Variable>): void;
  /** Frees what the optimiser keeps. It is then as new. */
  dispose(): void;
}

/** What a step is asked to do. */
export interface StepArguments {
  /** By name. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** By the same names. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** η. */
  readonly learningRate: number;
  /** The shapes of variables that were moved before, by name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** Refuses a step whose names, shapes or learning rate do not fit. */
export function checkStep(
  where: string,
  { variables, gradients, learningRate, shapes }: StepArguments,
): void {
  checkNumber(where, 'learningRate', learningRate, (value) => value >= 0, 'a finite number >= 0');
  for (const name of gradients.keys()) {
    if (!variables.has(name)) throw stepError(where, name, 'a gradient came, but no variable of this name');
  }
  for (const [name, { shape }] of variables) {
    const gradient = gradients.get(name);
    if (gradient === undefined)
      throw stepError(where, name, 'no gradient came; leave the variable out to freeze it');
    if (!isSameShape(gradient.shape, shape)) {
      throw stepError(where, name, `expected a gradient of shape [${shape}]; got [${gradient.shape}]`);
    }
    const before = shapes.get(name);
    if (before && !isSameShape(before, shape)) {
      throw stepError(where, name, `had shape [${before}] in earlier steps; got [${shape}]`);
    }
  }
}

function stepError(where: string, name: string, fault: string): TrainingError {
  return new TrainingError(`${where}: variable ${JSON.stringify(name)}: ${fault}.`);
}
