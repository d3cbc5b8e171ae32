/** Slices put into a tensor by their places. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { withCasts, wordOf } from './cast.ts';
import { refuseComplex } from './complex.ts';
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

/** A new tensor with slices of `updates` at the places of `indices`. */
export function scatter(backend: DeviceBackend, scattering: Scattering): TensorInfo {
  const { op, adds, initial, indices, updates, shape } = scattering;
  refuseComplex(op, updates);
  const output = backend.make(shape, updates.dtype);
  const size = util.sizeFromShape(shape);
  if (size === 0) return output;
  const { sliceRank, numUpdates, sliceSize } = backend_util.calculateShapes(updates, indices, shape);
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
  backend.release(output);
  throw placeError(backend, op, { answer, indices, rank: sliceRank, shape });
}

/** `ScatterNd`, `TensorScatterUpdate`, `SparseToDense`. */
export const scatterKernels: readonly BackendKernel[] = [
  kernel<{ indices: TensorInfo; updates: TensorInfo }, { shape: number[] }>(
    'ScatterNd',
    ({ inputs, attributes: { shape }, backend }) =>
      scatter(backend, { op: 'ScatterNd', adds: true, initial: null, ...inputs, shape }),
  ),
  kernel<{ tensor: TensorInfo; indices: TensorInfo; updates: TensorInfo }>(
    'TensorScatterUpdate',
    ({ inputs: { tensor, indices, updates }, backend }) =>
      withCasts(backend, [tensor], updates.dtype, (initial = tensor) =>
        scatter(backend, {
          op: 'TensorScatterUpdate',
          adds: false,
          initial,
          indices,
          updates,
          shape: tensor.shape,
        }),
      ),
  ),
  kernel<
    { sparseIndices: TensorInfo; sparseValues: TensorInfo; defaultValue: TensorInfo },
    { outputShape: number[] }
  >('SparseToDense', ({ inputs, attributes: { outputShape }, backend }) =>
    withCasts(
      backend,
      [inputs.defaultValue],
      inputs.sparseValues.dtype,
      (defaultValue = inputs.defaultValue) =>
        scatter(backend, {
          op: 'SparseToDense',
          adds: false,
          initial: defaultValue,
          indices: inputs.sparseIndices,
          updates: inputs.sparseValues,
          shape: outputShape,
        }),
    ),
  ),
];
