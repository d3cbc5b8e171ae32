/**
 * A running mean of the weights, for evaluation (the paper's released code evaluates with one of decay 0.999).
 *
 *     a ← a + (1 − δ) / (1 − δᵗ) · (w − a),   t = 1, 2, …
 *
 * δ is the decay. The share falls from 1 to 1 − δ, so the mean begins at the first weights it is shown and forgets them as it should:
 * this is the mean Σ δ^(t − k) wₖ, divided by the sum of its factors, as Adam's moments are corrected. Begun at the weights and without
 * the correction, the first ones would weigh as much as all of the last 1 / (1 − δ) steps for as long.
 *
 * What is kept are the means themselves, so a saved mean is a set of weights.
 */
import {
  add,
  clone,
  dispose,
  keep,
  mul,
  scalar,
  sub,
  type Tensor,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import {
  downloadTensors,
  isSameShape,
  readCount,
  readTensors,
  type SavedTensor,
  savedCount,
  uploadVariable,
} from '../checkpoints/index.ts';
import { checkNumber, TrainingError } from '../errors.ts';

/** A running mean of named weights. Takes as much memory as the weights. */
export interface WeightAverage {
  /**
   * Takes the weights in, once after every step of the optimiser.
   *
   * @param variables by name; the same names and shapes every time
   * @throws TrainingError, naming the variable, if names or shapes do not fit, or while `with` runs
   */
  update(variables: ReadonlyMap<string, Variable>): void;
  /** How many times weights were taken in, t in the formula. */
  updates(): number;
  /**
   * Puts the means in place of the weights while `run` works, and the weights back afterwards, with the same bits, also if `run` throws. If
   * `run` gives a promise, they are put back when it settles: take no step before. What `run` does to the variables is lost. Nothing is
   * copied: variables and means change places.
   *
   * @param variables those that `update` took
   * @returns what `run` gave; a promise settles after the weights are back
   * @throws TrainingError if nothing was taken in yet, names or shapes do not fit, or another `with` has not ended
   */
  with<Result>(variables: ReadonlyMap<string, Variable>, run: () => Result): Result;
  /** Downloads the state: `updates` (I32, a scalar) and the means, `average.NAME` (F32). Take no weights in before it is done. */
  state(): Promise<Map<string, SavedTensor>>;
  /**
   * Replaces the state by a saved one; the values are copied. Nothing is changed if the state is refused.
   *
   * @param state as `state` gave it
   * @param variables the variables that the state must fit, by name
   * @throws TrainingError, naming the tensor, if one is missing, left over, or of another shape or dtype, or while `with` runs
   */
  restore(state: ReadonlyMap<string, SavedTensor>, variables: ReadonlyMap<string, Variable>): void;
  /** Frees the means. The average is then as new. */
  dispose(): void;
}

/** The settings of {@link weightAverage}. */
export interface WeightAverageOptions {
  /** δ: how much of the mean is kept at each update, 0 <= δ < 1; 0.999 in the paper's released code. */
  readonly decay: number;
}

/**
 * Makes a {@link WeightAverage}; the formula stands at the top of its file. Works on any backend, by three small kernels per variable.
 *
 * @throws TrainingError if `decay` is out of its range
 */
export function weightAverage({ decay }: WeightAverageOptions): WeightAverage {
  checkNumber('weightAverage', 'decay', decay, (value) => value >= 0 && value < 1, 'from 0 to less than 1');
  let updates = 0;
  let averages = new Map<string, Variable>();
  let isInPlace = false;

  const checkNotInPlace = (operation: string) => {
    if (!isInPlace) return;
    throw new TrainingError(
      `weightAverage.${operation}: the averages stand in place of the weights; wait until \`with\` has ended.`,
    );
  };

  return {
    update(variables) {
      checkNotInPlace('update');
      if (updates > 0) checkFit('update', variables, averages);
      updates++;
      if (updates === 1) averages = copiesOf(variables);
      else move(averages, variables, (1 - decay) / (1 - decay ** updates));
    },
    updates: () => updates,
    with(variables, run) {
      checkNotInPlace('with');
      if (updates === 0)
        throw new TrainingError('weightAverage.with: no weights were taken in yet; call update first.');
      checkFit('with', variables, averages);
      const weights = putInPlace(averages, variables);
      isInPlace = true;
      return finallyDo(run, () => {
        putBack(weights, variables);
        isInPlace = false;
      });
    },
    async state() {
      const taken = updates;
      const named = new Map([...averages].map(([name, average]) => [`average.${name}`, average]));
      return (await downloadTensors(named)).set('updates', savedCount(taken));
    },
    restore(state, variables) {
      checkNotInPlace('restore');
      const where = 'weightAverage.restore';
      const shapes = new Map([...variables].map(([name, { shape }]) => [`average.${name}`, shape]));
      const values = readTensors(where, state, 'updates', shapes);
      dispose([...averages.values()]);
      updates = readCount(where, state, 'updates');
      averages = uploadAverages(values, variables);
    },
    dispose() {
      checkNotInPlace('dispose');
      dispose([...averages.values()]);
      updates = 0;
      averages = new Map();
    },
  };
}

function checkFit(
  operation: string,
  variables: ReadonlyMap<string, Variable>,
  averages: ReadonlyMap<string, Variable>,
): void {
  for (const name of new Set([...averages.keys(), ...variables.keys()])) {
    const expected = averages.get(name)?.shape;
    const got = variables.get(name)?.shape;
    if (expected && got && isSameShape(expected, got)) continue;
    const show = (shape: readonly number[] | undefined) => (shape ? `shape [${shape}]` : 'none of this name');
    throw new TrainingError(
      `weightAverage.${operation}: variable ${JSON.stringify(name)}: expected ${show(expected)}, as at the first update; ` +
        `got ${show(got)}.`,
    );
  }
}

/** Variables of the same data: memory is taken when one of the two changes. */
function copiesOf(variables: ReadonlyMap<string, Variable>): Map<string, Variable> {
  return new Map([...variables].map(([name, weight]) => [name, variable(weight, false)]));
}

function move(
  averages: ReadonlyMap<string, Variable>,
  variables: ReadonlyMap<string, Variable>,
  share: number,
): void {
  tidy(() => {
    const factor = scalar(share);
    for (const [name, average] of averages) {
      tidy(() => average.assign(add(average, mul(sub(variables.get(name)!, average), factor))));
    }
  });
}

/** Gives the variables the data of the averages; returns tensors that hold the data of the weights. */
function putInPlace(
  averages: ReadonlyMap<string, Variable>,
  variables: ReadonlyMap<string, Variable>,
): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  for (const [name, weight] of variables) {
    weights.set(name, keep(clone<Tensor>(weight)));
    weight.assign(averages.get(name)!);
  }
  return weights;
}

function putBack(weights: ReadonlyMap<string, Tensor>, variables: ReadonlyMap<string, Variable>): void {
  for (const [name, weight] of weights) {
    variables.get(name)!.assign(weight);
    weight.dispose();
  }
}

/** Runs, and afterwards ends: at once, or when the promise that came settles. */
function finallyDo<Result>(run: () => Result, end: () => void): Result {
  let result: Result;
  try {
    result = run();
  } catch (error) {
    end();
    throw error;
  }
  if (result instanceof Promise) return result.finally(end) as Result;
  end();
  return result;
}

function uploadAverages(
  values: ReadonlyMap<string, Float32Array>,
  variables: ReadonlyMap<string, Variable>,
): Map<string, Variable> {
  const averages = new Map<string, Variable>();
  for (const [name, { shape }] of variables) {
    const average = values.get(`average.${name}`);
    if (average) averages.set(name, uploadVariable(average, shape));
  }
  return averages;
}
