/** Slices put into a tensor by their places. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asIs, onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { wordOf } from './cast.ts';
import { expectRank, expectShape } from './expect-shape.ts';
import { placeError } from './place-error.ts';

/** What is scattered, and where. */
export interface Scattering {
  /** The op, for errors. */
  readonly op: string;
  /** Slices for one place add up; else the last one wins. */
  readonly adds: boolean;
  /** The tensor before, or one number for all its cells; null for zeros. */
  readonly initial: TensorInfo | null;
  /** The place of each slice, as indices of the first axes. */
  readonly indices: TensorInfo;
  /** The slices, or one number for all of them. */
  readonly updates: TensorInfo;
  /** Of the result. */
  readonly shape: number[];
}

/** A new tensor with slices of `updates` at the places of `indices`. All numbers are of one dtype. */
export function scatter(backend: DeviceBackend, scattering: Scattering): TensorInfo {
  const { op, adds, initial, indices, updates, shape } = scattering;
  const { sliceRank, numUpdates, sliceSize } = backend_util.calculateShapes(updates, indices, shape);
  checkSizes(scattering, sliceRank, numUpdates * sliceSize);
  const output = backend.make(shape, updates.dtype);
  const size = util.sizeFromShape(shape);
  if (size === 0) return output;
  const isOne = (tensor: TensorInfo | null) => Number(tensor?.shape.length === 0);
  const answer = backend.launch(
    `scatter_${adds ? 'add_' : ''}${wordOf[backend.storageOf(updates)]}`,
    [initial, indices, updates, output],
    [
      size / sliceSize,
      sliceSize,
      numUpdates,
      isOne(initial),
      isOne(updates),
      sliceRank,
      ...shape.slice(0, sliceRank),
    ],
  );
  if (answer === 0) return output;
  throw placeError(backend, op, { answer, indices, rank: sliceRank, shape });
}

function checkSizes({ op, initial, indices, updates, shape }: Scattering, rank: number, count: number): void {
  if (rank > shape.length)
    throw new RangeError(`${op}: indices of the shape [${indices.shape}] don't index into [${shape}].`);
  if (updates.shape.length > 0 && util.sizeFromShape(updates.shape) !== count)
    throw new RangeError(
      `${op}: the indices [${indices.shape}] into [${shape}] need one value or ${count}; got the shape [${updates.shape}].`,
    );
  if (initial && initial.shape.length > 0)
    expectShape(op, 'the tensor before', initial, shape, 'that of the result');
}

/** There is a slice for each place; indices of one axis are places of one number. */
function requireSlices(op: string, indices: TensorInfo, updates: TensorInfo, shape: readonly number[]): void {
  if (indices.shape.length === 0) throw new RangeError(`${op}: indices must have an axis; got a scalar.`);
  const isList = indices.shape.length === 1;
  const rank = isList ? 1 : (indices.shape.at(-1) ?? 1);
  const places = isList ? indices.shape : indices.shape.slice(0, -1);
  expectShape(op, 'updates', updates, [...places, ...shape.slice(rank)], 'a slice for each place');
}

/** `ScatterNd`, `TensorScatterUpdate`, `SparseToDense`. */
export const scatterKernels: readonly BackendKernel[] = [
  kernel<{ indices: TensorInfo; updates: TensorInfo }, { shape: number[] }>(
    'ScatterNd',
    { indices: onlyInt, updates: asIs },
    ({ inputs, attributes: { shape }, backend }) => {
      requireSlices('ScatterNd', inputs.indices, inputs.updates, shape);
      return scatter(backend, { op: 'ScatterNd', adds: true, initial: null, ...inputs, shape });
    },
  ),
  kernel<{ tensor: TensorInfo; indices: TensorInfo; updates: TensorInfo }>(
    'TensorScatterUpdate',
    { tensor: asIs, indices: onlyInt, updates: asIs },
    ({ inputs: { tensor, indices, updates }, backend }) => {
      const { shape } = tensor;
      requireSlices('TensorScatterUpdate', indices, updates, shape);
      return scatter(backend, {
        op: 'TensorScatterUpdate',
        adds: false,
        initial: tensor,
        indices,
        updates,
        shape,
      });
    },
    { alike: { inputs: ['updates', 'tensor'], to: 'same' } },
  ),
  kernel<
    { sparseIndices: TensorInfo; sparseValues: TensorInfo; defaultValue: TensorInfo },
    { outputShape: number[] }
  >(
    'SparseToDense',
    { sparseIndices: onlyInt, sparseValues: asIs, defaultValue: asIs },
    ({ inputs, attributes: { outputShape }, backend }) => {
      expectRank('SparseToDense', 'defaultValue', inputs.defaultValue, 0);
      return scatter(backend, {
        op: 'SparseToDense',
        adds: false,
        initial: inputs.defaultValue,
        indices: inputs.sparseIndices,
        updates: inputs.sparseValues,
        shape: outputShape,
      });
    },
    { alike: { inputs: ['sparseValues', 'defaultValue'], to: 'same' } },
  ),
];
