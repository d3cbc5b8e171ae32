/** Reductions over any axes. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type Accepts, asFloat, asIs, asNumber, onlyTruth } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { storageOf } from '../storage.ts';
import { wordOf } from './cast.ts';
import { fill } from './fill.ts';

/** The device's reductions. */
export type Reduction = 'sum' | 'product' | 'max' | 'min';

/** A run of neighbouring axes that are all reduced, or all kept. */
interface Run {
  count: number;
  readonly reduced: boolean;
}

/**
 * Reduces a tensor over some axes, in its own dtype. Sums and products of truth values don't exist: cast them before.
 * @param divisor - what float sums are divided by
 */
export function reduce(
  backend: DeviceBackend,
  op: Reduction,
  x: TensorInfo,
  axes: readonly number[],
  keepDims = false,
  divisor = 1,
): TensorInfo {
  const name = `reduce_${op}_${wordOf[storageOf(x.dtype)]}`;
  const runs = runsOf(x.shape, axes);
  let result = backend.share(x);
  // The last axes first: they shrink a tensor most, cell by cell.
  for (let place = runs.length - 1; place >= 0; place--) {
    if (!runs[place]?.reduced) continue;
    const next = reduceRun(
      backend,
      name,
      result,
      runs,
      place,
      runs.findIndex((run) => run.reduced) === place ? divisor : 1,
    );
    backend.release(result);
    result = next;
    runs[place] = { count: 1, reduced: false };
  }
  return { ...result, shape: reducedShape(x.shape, axes, keepDims) };
}

function reduceRun(
  backend: DeviceBackend,
  name: string,
  x: TensorInfo,
  runs: readonly Run[],
  place: number,
  divisor: number,
): TensorInfo {
  const outer = cellsOf(runs.slice(0, place));
  const inner = cellsOf(runs.slice(place + 1));
  const output = backend.make([outer * inner], x.dtype);
  if (outer * inner > 0) backend.launch(name, [x, output], [outer, runs[place]?.count ?? 1, inner, divisor]);
  return output;
}

const cellsOf = (runs: readonly Run[]) => runs.reduce((cells, { count }) => cells * count, 1);

/** Axes of 1 belong to any run. */
function runsOf(shape: readonly number[], axes: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const [axis, count] of shape.entries()) {
    if (count === 1) continue;
    const reduced = axes.includes(axis);
    const last = runs.at(-1);
    if (last?.reduced === reduced) last.count *= count;
    else runs.push({ count, reduced });
  }
  return runs;
}

function reducedShape(shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return shape.map((count, axis) => (axes.includes(axis) ? 1 : count));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** The mean over some axes of floats. */
function mean(backend: DeviceBackend, x: TensorInfo, axes: readonly number[], keepDims = false): TensorInfo {
  const count = axes.reduce((product, axis) => product * (x.shape[axis] ?? 1), 1);
  return reduce(backend, 'sum', x, axes, keepDims, Math.max(1, count));
}

function search(backend: DeviceBackend, op: 'max' | 'min', x: TensorInfo, axis: number): TensorInfo {
  const shape = x.shape.filter((_, other) => other !== axis);
  // The first of none is taken to be the first.
  if (x.shape[axis] === 0) return fill(backend, shape, 0, 'int32');
  const output = backend.make(shape, 'int32');
  const [outer, inner] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)].map(util.sizeFromShape);
  if (util.sizeFromShape(x.shape) > 0)
    backend.launch(
      `arg_${op}_${wordOf[backend.storageOf(x)]}`,
      [x, output],
      [outer ?? 1, x.shape[axis] ?? 1, inner ?? 1],
    );
  return output;
}

type Operand = { x: TensorInfo };
interface Axes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

/** A reduction under TensorFlow.js's name, computed in the dtype that it accepts x in. */
function reduction(name: string, op: Reduction, accepts: Accepts): BackendKernel {
  return kernel<Operand, Axes>(name, { x: accepts }, ({ inputs: { x }, attributes, backend }) =>
    reduce(backend, op, x, axesOf(attributes, x.shape), attributes.keepDims),
  );
}

function axesOf({ axis, reductionIndices }: Axes, shape: number[]): number[] {
  const axes = util.parseAxisParam((axis ?? reductionIndices) as number | number[], shape);
  if (new Set(axes).size === axes.length) return axes;
  throw new RangeError(`A reduction's axes must differ; got [${axes}] of the shape [${shape}].`);
}

/** `All`, `Any`, `Max`, `Min`, `Sum`, `Prod`, `Mean`, `ArgMax`, `ArgMin`. */
export const reduceKernels: readonly BackendKernel[] = [
  reduction('All', 'min', onlyTruth),
  reduction('Any', 'max', onlyTruth),
  reduction('Max', 'max', asIs),
  reduction('Min', 'min', asIs),
  reduction('Sum', 'sum', asNumber),
  reduction('Prod', 'product', asNumber),
  kernel<Operand, Axes>('Mean', { x: asFloat }, ({ inputs: { x }, attributes, backend }) =>
    mean(backend, x, axesOf(attributes, x.shape), attributes.keepDims),
  ),
  kernel<Operand, Axes>('ArgMax', { x: asNumber }, ({ inputs: { x }, attributes, backend }) =>
    search(backend, 'max', x, axesOf(attributes, x.shape)[0] ?? 0),
  ),
  kernel<Operand, Axes>('ArgMin', { x: asNumber }, ({ inputs: { x }, attributes, backend }) =>
    search(backend, 'min', x, axesOf(attributes, x.shape)[0] ?? 0),
  ),
];
