/**
 * Adafactor (Shazeer & Stern 2018, algorithms 4 and 5): a running mean of squares as Adam has, but of a matrix only the means of its rows
 * and of its columns are kept: r + c numbers instead of r × c.
 *
 *     β = 1 − t^−0.8,   t = 1, 2, …
 *     R ← β R + (1 − β) mean over columns (g² + ε₁)
 *     C ← β C + (1 − β) mean over rows (g² + ε₁)
 *     u = g / √(R Cᵀ / mean R)                           vectors and scalars keep the whole mean of squares, V: u = g / √V
 *     u ← u / max(1, RMS(u) / d)
 *     m ← β₁ m + (1 − β₁) u,   u ← m                     only if β₁ > 0
 *     w ← (1 − η λ) w − α u,   α = η · max(ε₂, RMS(w))   or α = η if steps are not relative
 *
 * with ε₁ = 1e-30, ε₂ = 1e-3, d = 1 as in the paper; RMS(x) = √(mean x²). β is 0 at the first step, so no correction is needed. A tensor of
 * more than two axes is a stack of matrices, its last two axes. Decay and momentum aren't in the paper's algorithm and are 0 unless set.
 */
import {
  add,
  dispose,
  div,
  expandDims,
  maximum,
  mean,
  mul,
  rsqrt,
  type Scalar,
  scalar,
  sqrt,
  square,
  sub,
  type Tensor,
  tidy,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { downloadTensors, readCount, readTensors, savedCount, uploadVariable } from '../checkpoints/index.ts';
import { checkNumber } from '../errors.ts';
import { checkStep, type Optimizer } from './optimizer.ts';

/** The settings of {@link adafactor}. */
export interface AdafactorOptions {
  /**
   * Is the learning rate a share of a weight's own size, as in the paper? True if not given: then 1e-2 is a usual learning rate. If false, it is
   * about what a single value moves by per step, as in Adam.
   */
  readonly relativeStep?: boolean;
  /** β₁: how much of the mean direction is kept from step to step, 0 <= β₁ < 1; 0 if not given: no mean is kept then. */
  readonly beta1?: number;
  /** λ: share of a matrix that is taken off per step and unit of learning rate, >= 0; 0 if not given. */
  readonly weightDecay?: number;
}

/** What is kept of one variable: tensors by the prefix of their saved name. */
type Kept = ReadonlyMap<Prefix, Variable>;
type Prefix = 'rows' | 'columns' | 'second' | 'first';

const smallestSquare = 1e-30;
const smallestSize = 1e-3;
const largestDirection = 1;
const decayExponent = -0.8;

/**
 * Makes an Adafactor optimiser; formulas at the top of its file and in the README. Works on any backend, by some 35 small kernels per
 * variable. A matrix `[…, r, c]` is kept as `rows.NAME` `[…, r]` and `columns.NAME` `[…, c]`, a vector or scalar as `second.NAME` in its own
 * shape; with momentum, `first.NAME` in the variable's shape besides. Steps are deterministic wherever the backend is.
 *
 * @throws TrainingError if a setting is out of its range
 */
export function adafactor({
  relativeStep = true,
  beta1 = 0,
  weightDecay = 0,
}: AdafactorOptions = {}): Optimizer {
  const settings = { relativeStep, beta1, weightDecay };
  checkSettings(settings);
  let steps = 0;
  let shapes = new Map<string, readonly number[]>();
  let kept = new Map<string, Kept>();

  const forget = () => {
    for (const own of kept.values()) dispose([...own.values()]);
  };

  return {
    step(variables, gradients, { learningRate }) {
      checkStep('adafactor.step', { variables, gradients, learningRate, shapes });
      steps++;
      for (const [name, weight] of variables) {
        const own = kept.get(name) ?? newKept(weight.shape, beta1);
        kept.set(name, own);
        shapes.set(name, weight.shape);
        tidy(() => move(weight, gradients.get(name)!, own, { ...settings, learningRate, step: steps }));
      }
    },
    steps: () => steps,
    async state() {
      const taken = steps;
      return (await downloadTensors(savedNames(kept))).set('steps', savedCount(taken));
    },
    restore(state, variables) {
      const where = 'adafactor.restore';
      const values = readTensors(where, state, 'steps', savedShapes(variables, beta1));
      forget();
      steps = readCount(where, state, 'steps');
      const restored = values.size > 0 ? [...variables] : [];
      shapes = new Map(restored.map(([name, { shape }]) => [name, shape]));
      kept = new Map(restored.map(([name, { shape }]) => [name, uploadKept(name, shape, beta1, values)]));
    },
    dispose() {
      forget();
      steps = 0;
      shapes = new Map();
      kept = new Map();
    },
  };
}

function checkSettings({ beta1, weightDecay }: Required<AdafactorOptions>): void {
  checkNumber('adafactor', 'beta1', beta1, (value) => value >= 0 && value < 1, 'from 0 to less than 1');
  checkNumber('adafactor', 'weightDecay', weightDecay, (value) => value >= 0, 'a finite number >= 0');
}

interface Move extends Required<AdafactorOptions> {
  readonly learningRate: number;
  readonly step: number;
}

/** One variable's step. Factors that are one number are put together first, since each pass over a large tensor costs. */
function move(weight: Variable, gradient: Tensor, kept: Kept, settings: Move): void {
  const { relativeStep, beta1, weightDecay, learningRate, step } = settings;
  const direction = scaled(gradient, kept, 1 - step ** decayExponent);
  const clipping = div(
    scalar(1),
    maximum(div(rootMeanSquare(direction), scalar(largestDirection)), scalar(1)),
  );
  const size = relativeStep ? maximum(rootMeanSquare(weight), scalar(smallestSize)) : scalar(1);
  const rate = mul(size, scalar(learningRate));
  const first = kept.get('first');
  const change = first
    ? mul(blended(first, direction, beta1, clipping), rate)
    : mul(direction, mul(clipping, rate));
  const decays = weightDecay > 0 && weight.rank >= 2;
  const left = decays ? mul(weight, scalar(1 - learningRate * weightDecay)) : weight;
  weight.assign(sub(left, change));
}

/** g / √V̂. The square roots are taken apart, since the product of two small means would vanish in float32. */
function scaled(gradient: Tensor, kept: Kept, decay: number): Tensor {
  const squares = square(gradient);
  const second = kept.get('second');
  if (second) return mul(gradient, rsqrt(blended(second, add(squares, scalar(smallestSquare)), decay)));
  const rows = blended(kept.get('rows')!, add(mean(squares, -1), scalar(smallestSquare)), decay);
  const columns = blended(kept.get('columns')!, add(mean(squares, -2), scalar(smallestSquare)), decay);
  const rowFactors = rsqrt(div(rows, mean(rows, -1, true)));
  return mul(mul(gradient, expandDims(rowFactors, -1)), expandDims(rsqrt(columns), -2));
}

/** Keeps a share of a mean, takes the rest from what is new, times a factor, and gives the result. */
function blended(average: Variable, next: Tensor, decay: number, factor: Tensor = scalar(1)): Tensor {
  const result = add(mul(average, scalar(decay)), mul(next, mul(factor, scalar(1 - decay))));
  average.assign(result);
  return result;
}

function rootMeanSquare(x: Tensor): Scalar {
  return sqrt(mean(square(x)));
}

/** What is kept of a variable of a shape, and in which shapes. */
function keptShapes(shape: readonly number[], beta1: number): [Prefix, readonly number[]][] {
  const first: [Prefix, readonly number[]][] = beta1 > 0 ? [['first', shape]] : [];
  if (shape.length < 2) return [['second', shape], ...first];
  return [['rows', shape.slice(0, -1)], ['columns', [...shape.slice(0, -2), shape.at(-1)!]], ...first];
}

function newKept(shape: readonly number[], beta1: number): Kept {
  const make = (size: readonly number[]) => tidy(() => variable(zeros([...size]), false));
  return new Map(keptShapes(shape, beta1).map(([prefix, size]) => [prefix, make(size)]));
}

function savedNames(kept: ReadonlyMap<string, Kept>): Map<string, Variable> {
  const names = new Map<string, Variable>();
  for (const [name, own] of kept) for (const [prefix, value] of own) names.set(`${prefix}.${name}`, value);
  return names;
}

function savedShapes(
  variables: ReadonlyMap<string, Variable>,
  beta1: number,
): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const [name, { shape }] of variables) {
    for (const [prefix, size] of keptShapes(shape, beta1)) shapes.set(`${prefix}.${name}`, size);
  }
  return shapes;
}

function uploadKept(
  name: string,
  shape: readonly number[],
  beta1: number,
  values: ReadonlyMap<string, Float32Array>,
): Kept {
  return new Map(
    keptShapes(shape, beta1).map(([prefix, size]) => [
      prefix,
      uploadVariable(values.get(`${prefix}.${name}`)!, size),
    ]),
  );
}
