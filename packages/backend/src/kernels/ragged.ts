/**
 * Rows of different lengths: their values one after another, and splits, which say where each row begins and the last one ends. The host reads
 * splits, since shapes depend on them; what RaggedGather copies stays on the device.
 */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asIs, onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { stridesOf } from './copy.ts';
import { gather } from './gather.ts';

const mostValues = 2 ** 31 - 1;

function checkSplits(splits: Int32Array, limit: number): void {
  if (splits.length === 0) throw new Error('Ragged splits may not be empty');
  if (splits[0]! < 0) throw new Error('Ragged splits must be non-negative');
  if (splits.at(-1)! > limit) throw new Error('Ragged splits must not point past values');
  if (splits.some((split, place) => split > (splits[place + 1] ?? split)))
    throw new Error('Ragged splits must be sorted in ascending order');
}

function checkIndices(indices: Int32Array, shape: number[], limit: number): void {
  const bad = indices.findIndex((index) => index < 0 || index >= limit);
  if (bad < 0) return;
  const place = util.indexToLoc(bad, shape.length, stridesOf(shape).slice(0, -1));
  throw new RangeError(`indices[${place}] = ${indices[bad]} is not in [0, ${limit})`);
}

/** Splits of the axes of `indices` itself, which are rows of equal lengths. */
function evenSplits(shape: readonly number[]): number[][] {
  let rows = 1;
  return shape.slice(0, -1).map((count, axis) => {
    rows *= count;
    return Array.from({ length: rows + 1 }, (_, row) => row * (shape[axis + 1] ?? 0));
  });
}

/** The splits of the gathered rows, and which values they consist of. */
function gatherSplits(nested: readonly Int32Array[], indices: Int32Array) {
  const splits = nested.map(() => [0]);
  const values: number[] = [];
  for (const index of indices) {
    let [start, end] = [index, index + 1];
    for (const [axis, own] of nested.entries()) {
      const result = splits[axis]!;
      const shift = result.at(-1)! - own[start]!;
      for (let row = start; row < end; row++) result.push(own[row + 1]! + shift);
      [start, end] = [own[start]!, own[end]!];
    }
    for (let value = start; value < end; value++) values.push(value);
  }
  return { splits, values };
}

interface RaggedGathered {
  readonly paramsNestedSplits: TensorInfo[];
  readonly paramsDenseValues: TensorInfo;
  readonly indices: TensorInfo;
}

function raggedGather(
  backend: DeviceBackend,
  { paramsNestedSplits, paramsDenseValues, indices }: RaggedGathered,
): TensorInfo[] {
  if (paramsNestedSplits.length === 0) throw new Error('paramsNestedSplits must be non empty');
  if (paramsNestedSplits[0]!.shape.length === 0) throw new Error('Split tensors must not be scalars');
  const chosen = backend.valuesOf(indices) as Int32Array;
  checkIndices(chosen, indices.shape, paramsNestedSplits[0]!.shape[0]! - 1);
  if (paramsDenseValues.shape.length === 0) throw new Error('params.rank must be nonzero');
  const nested = paramsNestedSplits.map((splits) => backend.valuesOf(splits) as Int32Array);
  for (const [axis, splits] of nested.entries())
    checkSplits(splits, nested[axis + 1]?.length ?? paramsDenseValues.shape[0]!);
  const { splits, values } = gatherSplits(nested, chosen);
  // A scalar index takes the outermost splits away.
  const inner = indices.shape.length === 0 ? splits.slice(1) : splits;
  const places = backend.makeFrom(Int32Array.from(values), [values.length], 'int32');
  const gathered = gather(backend, paramsDenseValues, places, 0, 0);
  backend.release(places);
  const outputs = [...evenSplits(indices.shape), ...inner].map((result) =>
    backend.makeFrom(Int32Array.from(result), [result.length], 'int32'),
  );
  return [...outputs, gathered];
}

function rangeCount(start: number, limit: number, step: number): number {
  if (step === 0) throw new Error('Requires delta != 0');
  if ((step > 0 && limit < start) || (step < 0 && limit > start)) return 0;
  const count = Math.ceil(Math.abs((limit - start) / step));
  if (count > mostValues) throw new Error(`Requires ((limit - start) / delta) <= ${mostValues}`);
  return count;
}

interface Ranges {
  readonly starts: TensorInfo;
  readonly limits: TensorInfo;
  readonly deltas: TensorInfo;
}

function raggedRange(backend: DeviceBackend, inputs: Ranges): TensorInfo[] {
  for (const [name, { shape }] of Object.entries<TensorInfo>({ ...inputs }))
    if (shape.length > 1) throw new RangeError(`${name} must be a scalar or vector`);
  const tensors = [inputs.starts, inputs.limits, inputs.deltas];
  const counts = tensors.flatMap(({ shape }) => shape);
  if (counts.some((count) => count !== counts[0]))
    throw new RangeError('starts, limits, and deltas must have the same shape');
  const columns = tensors.map((tensor) => backend.valuesOf(tensor) as Float32Array);
  const rows = counts[0] ?? 1;
  const splits = new Int32Array(rows + 1);
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    const [start = 0, limit = 0, step = 0] = columns.map((column, side) =>
      tensors[side]!.shape.length === 0 ? column[0] : column[row],
    );
    const count = rangeCount(start, limit, step);
    splits[row + 1] = splits[row]! + count;
    for (let value = start, place = 0; place < count; place++, value += step) values.push(value);
  }
  return [
    backend.makeFrom(splits, [splits.length], 'int32'),
    backend.makeFrom(Float32Array.from(values), [values.length], inputs.starts.dtype),
  ];
}

/** `RaggedGather`, `RaggedRange`. */
export const raggedKernels: readonly BackendKernel[] = [
  kernel<RaggedGathered>(
    'RaggedGather',
    { paramsNestedSplits: onlyInt, paramsDenseValues: asIs, indices: onlyInt },
    ({ inputs, backend }) => raggedGather(backend, inputs),
  ),
  kernel<Ranges>('RaggedRange', { starts: asIs, limits: asIs, deltas: asIs }, ({ inputs, backend }) =>
    raggedRange(backend, inputs),
  ),
];
