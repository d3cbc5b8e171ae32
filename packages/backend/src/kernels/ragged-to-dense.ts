/**
 * Rows of different lengths as a tensor, the short ones filled up with a default value and the long ones cut off. The host finds where each
 * value goes, from partitions that a shape depends on; the values stay on the device.
 *
 * After TensorFlow's ragged_tensor_to_tensor_op.cc: an axis is described by splits (where each row begins) or by the row of each value.
 */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { asIs, onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { expectRank } from './expect-shape.ts';
import { gather } from './gather.ts';
import { scatter } from './scatter.ts';
import { broadcastTo } from './transpose.ts';

/** How one axis is cut into rows. */
interface Partition {
  readonly type: 'ROW_SPLITS' | 'VALUE_ROWIDS';
  readonly numbers: Int32Array;
}

/** Values are cut off here: they go nowhere. */
const nowhere = -1;

/** The longest row. */
function longestRow({ type, numbers }: Partition): number {
  let longest = 0;
  if (type === 'ROW_SPLITS') {
    for (let row = 1; row < numbers.length; row++)
      longest = Math.max(longest, numbers[row]! - numbers[row - 1]!);
    return longest;
  }
  for (let place = 0, first = 0; place < numbers.length; place++) {
    if (numbers[place] !== numbers[first]) first = place;
    longest = Math.max(longest, place - first + 1);
  }
  return longest;
}

/** The row of each value, and its place in the row. */
function* rowsAndColumns(
  { type, numbers }: Partition,
  rows: number,
): Generator<[row: number, column: number]> {
  if (type === 'ROW_SPLITS') {
    if (numbers.length - 1 > rows)
      throw new RangeError(`Row partition size is greater than output size: ${numbers.length - 1} > ${rows}`);
    for (let row = 0; row + 1 < numbers.length; row++)
      for (let column = 0; column < numbers[row + 1]! - numbers[row]!; column++) yield [row, column];
    return;
  }
  let column = 0;
  for (const [place, row] of numbers.entries()) {
    if (row < 0 || row >= rows)
      throw new RangeError(
        `RaggedTensorToTensor: value ${place} is of row ${row}, which is not less than ${rows}.`,
      );
    column = row === numbers[place - 1] ? column + 1 : 0;
    yield [row, column];
  }
}

/** Where the rows of the next axis begin, from where those of this one begin. */
function nextPlaces(places: readonly number[], partition: Partition, step: number, width: number): number[] {
  const next: number[] = [];
  for (const [row, column] of rowsAndColumns(partition, places.length)) {
    const start = places[row]!;
    next.push(start === nowhere || column >= width ? nowhere : start + column * step);
  }
  if (partition.type === 'ROW_SPLITS' && next.length !== partition.numbers.at(-1))
    throw new Error('Invalid row split size.');
  return next;
}

interface Ragged {
  readonly shape: TensorInfo;
  readonly values: TensorInfo;
  readonly defaultValue: TensorInfo;
  readonly rowPartitionTensors: TensorInfo[];
}

/** Rows of the first axis, and the partitions of the others. */
function partitionsOf(backend: DeviceBackend, types: string[], tensors: readonly TensorInfo[]) {
  if (types.length === 0) throw new Error('No row_partition_types given.');
  const numbers = tensors.map((tensor) => backend.valuesOf(tensor) as Int32Array);
  if (!numbers[0]?.length)
    throw new Error('Invalid first partition input. Tensor requires at least one element.');
  if (types[0] === 'VALUE_ROWIDS') throw new Error('Cannot handle VALUE_ROWIDS in first dimension.');
  const isCounted = types[0] === 'FIRST_DIM_SIZE';
  for (const tensor of tensors.slice(Number(isCounted)))
    expectRank('RaggedTensorToTensor', 'a row partition', tensor, 1);
  const partitions = types.map((type, axis) => ({ type, numbers: numbers[axis]! }));
  for (const { type } of partitions.slice(Number(isCounted)))
    if (type !== 'ROW_SPLITS' && type !== 'VALUE_ROWIDS')
      throw new Error(`Unsupported partition type: ${type}`);
  return {
    firstRows: isCounted ? numbers[0][0]! : numbers[0].length - 1,
    partitions: partitions.slice(Number(isCounted)) as Partition[],
  };
}

/** The shape that was asked for; the axes that were left open are as long as the longest row. */
function denseShape(
  backend: DeviceBackend,
  { shape, values, defaultValue }: Ragged,
  firstRows: number,
  partitions: readonly Partition[],
): number[] {
  backend_util.validateDefaultValueShape(defaultValue.shape, values.shape);
  const asked = Array.from(backend.valuesOf(shape) as Int32Array);
  if (asked.some((count) => count < -1))
    throw new RangeError(`RaggedTensorToTensor: sizes must be >= -1; got [${asked}].`);
  if (shape.shape.length === 0 && asked[0] !== -1)
    throw new Error('The only valid scalar shape tensor is the fully unknown shape specified as -1.');
  const known = backend_util.combineRaggedTensorToTensorShapes(
    partitions.length,
    shape.shape.length === 0 ? (null as never) : asked,
    values.shape,
  );
  return known.map((count, axis) => {
    const partition = partitions[axis - 1];
    if (count >= 0) return count;
    return axis === 0
      ? firstRows
      : partition
        ? longestRow(partition)
        : values.shape[axis - partitions.length]!;
  });
}

/** The cell, or the row of inner cells, that each value goes to. */
function placesOf(shape: readonly number[], firstRows: number, partitions: readonly Partition[]): number[] {
  const step = (axis: number) => util.sizeFromShape(shape.slice(axis + 1, partitions.length + 1));
  let places = Array.from({ length: firstRows }, (_, row) => (row < shape[0]! ? row * step(0) : nowhere));
  for (const [axis, partition] of partitions.entries())
    places = nextPlaces(places, partition, step(axis + 1), shape[axis + 1]!);
  return places;
}

function raggedToDense(backend: DeviceBackend, inputs: Ragged, types: string[]): TensorInfo {
  const { firstRows, partitions } = partitionsOf(backend, types, inputs.rowPartitionTensors);
  const shape = denseShape(backend, inputs, firstRows, partitions);
  const inner = shape.slice(partitions.length + 1);
  const rows = util.sizeFromShape(shape.slice(0, partitions.length + 1));
  const places = util.sizeFromShape(shape) === 0 ? [] : placesOf(shape, firstRows, partitions);
  const kept = [...places.keys()].filter((value) => places[value] !== nowhere);
  const from = backend.makeFrom(Int32Array.from(kept), [kept.length], 'int32');
  const to = backend.makeFrom(
    Int32Array.from(kept, (value) => places[value]!),
    [kept.length, 1],
    'int32',
  );
  const updates = gather(backend, inputs.values, from, 0, 0);
  const initial = broadcastTo(backend, inputs.defaultValue, [rows, ...inner]);
  const dense = scatter(backend, {
    op: 'RaggedTensorToTensor',
    adds: false,
    initial,
    indices: to,
    updates,
    shape: [rows, ...inner],
  });
  backend.release(from, to, updates, initial);
  return { ...dense, shape };
}

/** `RaggedTensorToTensor`. */
export const raggedToDenseKernels: readonly BackendKernel[] = [
  kernel<Ragged, { rowPartitionTypes: string[] }>(
    'RaggedTensorToTensor',
    { shape: onlyInt, values: asIs, defaultValue: asIs, rowPartitionTensors: onlyInt },
    ({ inputs, attributes: { rowPartitionTypes }, backend }) =>
      raggedToDense(backend, inputs, rowPartitionTypes),
    { alike: { inputs: ['values', 'defaultValue'], to: 'same' } },
  ),
];
