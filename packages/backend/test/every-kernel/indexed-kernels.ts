/** How the kernels of TensorFlow.js are called that read or make indices, and such that make numbers from nothing. */
import type { DataType } from '@tensorflow/tfjs-core';
import { axisOf, broadcastShapes, type MakeCase, named, numbers } from './case.ts';
import type { Given, Random } from './random.ts';

/** What an index of the first `rank` axes of a shape can be: rows of whole numbers. */
function places(r: Random, shape: readonly number[], rows: readonly number[], rank: number): Given {
  const size = rows.reduce((product, count) => product * count, 1);
  const row = () => shape.slice(0, rank).map((count) => r.whole(0, Math.max(0, count - 1)));
  return { shape: [...rows, rank], dtype: 'int32', values: Array.from({ length: size }, row).flat() };
}

const scattered = (r: Random, dtype: DataType) => {
  const shape = r.shape(1, 3).map((count) => Math.max(1, count));
  const rank = r.whole(1, shape.length);
  const rows = [r.pick([0, 1, 2, 5])];
  return {
    shape,
    indices: places(r, shape, rows, rank),
    updates: r.tensor([...rows, ...shape.slice(rank)], dtype),
  };
};

const ascending = ({ values, ...rest }: Given): Given => ({
  ...rest,
  values: [...values].sort((a, b) => a - b),
});

/** `numbers` that are no NaN: a search and a sort ask for an order. */
const ordered = (r: Random, shape: readonly number[], dtype: DataType): Given => {
  const { values, ...rest } = r.tensor(shape, dtype);
  return { ...rest, values: values.map((value) => (Number.isNaN(value) ? 0 : value)) };
};

/** By their names. */
export const indexedKernels: readonly (readonly [string, MakeCase])[] = [
  [
    'GatherV2',
    (r) => {
      const shape = r.shape(1, 3);
      const axis = r.whole(0, shape.length - 1);
      const indices = r.indices(r.shape(0, 2), shape[axis]!);
      return { inputs: { x: r.tensor(shape, r.pick(numbers)), indices }, attributes: { axis, batchDims: 0 } };
    },
  ],
  [
    'GatherNd',
    (r) => {
      const shape = r.shape(1, 3).map((count) => Math.max(1, count));
      const rank = r.whole(1, shape.length);
      return {
        inputs: {
          params: r.tensor(shape, r.pick(numbers)),
          indices: places(r, shape, [r.pick([0, 1, 3])], rank),
        },
      };
    },
  ],
  [
    'ScatterNd',
    (r) => {
      const { shape, indices, updates } = scattered(r, r.pick(['float32', 'int32']));
      return { inputs: { indices, updates }, attributes: { shape } };
    },
  ],
  [
    'TensorScatterUpdate',
    (r) => {
      const dtype = r.pick(numbers);
      const { shape, indices, updates } = scattered(r, dtype);
      return { inputs: { tensor: r.tensor(shape, dtype), indices, updates } };
    },
  ],
  [
    'SparseToDense',
    (r) => {
      const shape = [r.whole(1, 5), r.whole(1, 5)];
      const [count, dtype] = [r.whole(1, 4), r.pick(numbers)];
      return {
        inputs: {
          sparseIndices: places(r, shape, [count], 2),
          sparseValues: r.tensor(r.pick([[], [count]]), dtype),
          defaultValue: r.tensor([], dtype),
        },
        attributes: { outputShape: shape },
      };
    },
  ],
  [
    'UnsortedSegmentSum',
    (r) => {
      const shape = r.shape(1, 3).map((count) => Math.max(1, count));
      const segmentIds = r.indices(shape.slice(0, 1), 4);
      return {
        inputs: { x: r.tensor(shape, r.pick(['float32', 'int32'])), segmentIds },
        attributes: { numSegments: r.whole(1, 5) },
      };
    },
  ],
  ...named('SparseSegmentSum SparseSegmentMean', (r) => {
    const shape = r.shape(1, 3).map((count) => Math.max(1, count));
    const count = r.whole(0, 5);
    return {
      inputs: {
        data: r.tensor(shape, r.pick(['float32', 'int32'])),
        indices: r.indices([count], shape[0]!),
        segmentIds: ascending(r.indices([count], 4)),
      },
    };
  }),
  [
    'Bincount',
    (r) => {
      const shape = r.shape(1, 1);
      const weights = r.chance(0.5) ? r.tensor(shape, r.pick(['float32', 'int32'])) : r.tensor([0]);
      return { inputs: { x: r.indices(shape, 6), weights }, attributes: { size: r.whole(0, 8) } };
    },
  ],
  [
    'DenseBincount',
    (r) => {
      const shape = r.shape(1, 2);
      const weights = r.chance(0.5) ? r.tensor(shape, r.pick(['float32', 'int32'])) : r.tensor([0]);
      return {
        inputs: { x: r.indices(shape, 6), weights },
        attributes: { size: r.whole(0, 8), binaryOutput: r.chance(0.3) },
      };
    },
  ],
  [
    'OneHot',
    (r) => ({
      inputs: { indices: r.indices(r.shape(0, 2), 6) },
      attributes: {
        depth: r.whole(1, 5),
        onValue: r.pick([1, 2.5]),
        offValue: r.pick([0, -1]),
        dtype: r.pick(numbers),
      },
    }),
  ],
  [
    'Select',
    (r) => {
      const shape = r.shape();
      const dtype = r.pick(numbers);
      return {
        inputs: {
          condition: r.tensor(shape, 'bool'),
          t: r.tensor(shape, dtype),
          e: r.tensor(shape, r.pick(numbers)),
        },
      };
    },
  ],
  [
    'TopK',
    (r) => {
      const shape = r.shape(1, 3).map((count) => Math.max(1, count));
      return {
        inputs: { x: ordered(r, shape, r.pick(['float32', 'int32'])) },
        attributes: { k: r.whole(0, shape.at(-1)!), sorted: true },
      };
    },
  ],
  [
    'SearchSorted',
    (r) => {
      const rows = r.whole(1, 3);
      const dtype = r.pick(['float32', 'int32'] as const);
      const sorted = ascending(ordered(r, [1, r.pick([1, 3, 8])], dtype));
      const sortedSequence = {
        ...sorted,
        shape: [rows, sorted.shape[1]!],
        values: Array.from({ length: rows }, () => sorted.values).flat(),
      };
      return {
        inputs: { sortedSequence, values: ordered(r, [rows, r.pick([1, 4])], dtype) },
        attributes: { side: r.pick(['left', 'right']) },
      };
    },
  ],
  [
    'Unique',
    (r) => {
      const shape = r.shape(1, 2).map((count) => Math.max(1, count));
      return { inputs: { x: r.tensor(shape, r.pick(numbers)) }, attributes: { axis: axisOf(r, shape) } };
    },
  ],
  [
    'Multinomial',
    (r) => {
      const shape = [r.whole(0, 3), r.whole(2, 5)];
      const probabilities = {
        shape,
        dtype: 'float32',
        values: Array.from({ length: shape[0]! * shape[1]! }, () => 1 / shape[1]!),
      } as const;
      return {
        inputs: { logits: probabilities },
        attributes: { numSamples: r.whole(0, 5), seed: r.whole(1, 99), normalized: true },
      };
    },
  ],
  [
    'Fill',
    (r) => ({
      inputs: {},
      attributes: { shape: r.shape(), value: r.pick([0, 1, 2.5, -1]), dtype: r.pick(numbers) },
    }),
  ],
  [
    'Range',
    (r) => ({
      inputs: {},
      attributes: {
        start: r.pick([0, 1, -2, 5]),
        stop: r.pick([0, 4, -3, 9]),
        step: r.pick([1, 2, -1, 0.5]),
        dtype: r.pick(['float32', 'int32']),
      },
    }),
  ],
  [
    'LinSpace',
    (r) => ({ inputs: {}, attributes: { start: r.whole(-3, 3), stop: r.whole(-3, 9), num: r.whole(1, 9) } }),
  ],
  [
    'BroadcastArgs',
    (r) => {
      const [s0, s1] = broadcastShapes(r);
      const vector = (values: number[]): Given => ({ shape: [values.length], dtype: 'int32', values });
      return { inputs: { s0: vector(s0), s1: vector(s1) } };
    },
  ],
  [
    'SparseReshape',
    (r) => {
      const shape = [r.whole(1, 4), r.whole(1, 4)];
      const vector = (values: number[]): Given => ({ shape: [values.length], dtype: 'int32', values });
      const newShape = vector(r.pick([[shape[0]! * shape[1]!], [-1, shape[0]!], [shape[1]!, -1]]));
      return {
        inputs: { inputIndices: places(r, shape, [r.whole(1, 4)], 2), inputShape: vector(shape), newShape },
      };
    },
  ],
  [
    'SparseFillEmptyRows',
    (r) => {
      const shape = [r.whole(1, 5), r.whole(1, 3)];
      const [count, dtype] = [r.whole(1, 4), r.pick(['float32', 'int32'] as const)];
      return {
        inputs: {
          indices: places(r, shape, [count], 2),
          values: r.tensor([count], dtype),
          denseShape: { shape: [2], dtype: 'int32', values: shape },
          defaultValue: r.tensor([], dtype),
        },
      };
    },
  ],
  [
    'RaggedGather',
    (r) => ({
      inputs: {
        paramsNestedSplits: [{ shape: [4], dtype: 'int32', values: [0, 2, 2, 5] }],
        paramsDenseValues: r.tensor([5, ...r.pick([[], [2]])], r.pick(['float32', 'int32'])),
        indices: r.indices(r.pick([[], [2], [3]]), 3),
      },
      attributes: { outputRaggedRank: 1 },
    }),
  ],
  [
    'RaggedRange',
    (r) => ({
      inputs: {
        starts: { shape: [2], dtype: 'float32', values: [0, r.whole(0, 4)] },
        limits: { shape: [2], dtype: 'float32', values: [r.whole(0, 5), 8] },
        deltas: { shape: [2], dtype: 'float32', values: [1, r.pick([1, 2, 0.5])] },
      },
    }),
  ],
  [
    'RaggedTensorToTensor',
    (r) => {
      const dtype = r.pick(['float32', 'int32'] as const);
      return {
        inputs: {
          shape: {
            shape: [2],
            dtype: 'int32',
            values: r.pick([
              [-1, -1],
              [3, 4],
              [2, 1],
            ]),
          },
          values: r.tensor([5], dtype),
          defaultValue: r.tensor([], dtype),
          rowPartitionTensors: [{ shape: [4], dtype: 'int32', values: [0, 2, 2, 5] }],
        },
        attributes: { rowPartitionTypes: ['ROW_SPLITS'] },
      };
    },
  ],
];
