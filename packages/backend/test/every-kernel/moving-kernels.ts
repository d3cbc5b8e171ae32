/** How the kernels of TensorFlow.js are called that move cells. */
import { axisOf, cells, type MakeCase, numbers, someAxes } from './case.ts';
import type { Random } from './random.ts';

const pads = (r: Random, shape: readonly number[], most: (count: number) => number) =>
  shape.map((count) => [r.whole(0, most(count)), r.whole(0, most(count))]);

/** By their names. */
export const movingKernels: readonly (readonly [string, MakeCase])[] = [
  [
    'Concat',
    (r) => {
      const shape = r.shape(1);
      const axis = axisOf(r, shape);
      const dtype = r.pick(cells);
      // Complex numbers go with complex ones alone, and truth values to the end: fractions of the others would be cut off, or not.
      const other = () => (dtype === 'complex64' || dtype === 'bool' ? dtype : r.pick(numbers));
      const inputs = Array.from({ length: r.whole(1, 4) }, (_, place) => {
        const own = r.chance(0.5) ? shape : shape.with(axis, r.pick([1, 2, 4]));
        return r.tensor(own, place === 0 ? dtype : other());
      });
      return { inputs, attributes: { axis } };
    },
  ],
  [
    'Pack',
    (r) => {
      const [shape, dtype] = [r.shape(0, 3), r.pick(cells)];
      const inputs = Array.from({ length: r.whole(1, 3) }, () => r.tensor(shape, dtype));
      return { inputs, attributes: { axis: r.whole(-shape.length - 1, shape.length) } };
    },
  ],
  [
    'Reshape',
    (r) => {
      const shape = r.shape(0, 3);
      const size = shape.reduce((a, b) => a * b, 1);
      return {
        inputs: { x: r.tensor(shape, r.pick(cells)) },
        attributes: { shape: r.pick([[size], [1, size], [size, 1], [-1]]) },
      };
    },
  ],
  [
    'ExpandDims',
    (r) => {
      const shape = r.shape(0, 3);
      return {
        inputs: { input: r.tensor(shape, r.pick(cells)) },
        attributes: { dim: r.whole(-shape.length - 1, shape.length) },
      };
    },
  ],
  [
    'Transpose',
    (r) => {
      const shape = r.shape();
      const perm = shape.map((_, axis) => axis).sort(() => r.whole(0, 1) - 0.5);
      return { inputs: { x: r.tensor(shape, r.pick(numbers)) }, attributes: { perm } };
    },
  ],
  [
    'Reverse',
    (r) => {
      const shape = r.shape();
      return { inputs: { x: r.tensor(shape, r.pick(numbers)) }, attributes: { dims: someAxes(r, shape) } };
    },
  ],
  [
    'Tile',
    (r) => {
      const shape = r.shape(1, 3);
      return {
        inputs: { x: r.tensor(shape, r.pick(numbers)) },
        attributes: { reps: shape.map(() => r.whole(0, 3)) },
      };
    },
  ],
  ['Diag', (r) => ({ inputs: { x: r.tensor(r.shape(0, 2), r.pick(numbers)) } })],
  [
    'Slice',
    (r) => {
      const shape = r.shape();
      const begin = shape.map((count) => r.whole(0, count));
      const size = shape.map((count, axis) => (r.chance(0.2) ? -1 : r.whole(0, count - begin[axis]!)));
      return { inputs: { x: r.tensor(shape, r.pick(numbers)) }, attributes: { begin, size } };
    },
  ],
  [
    'StridedSlice',
    (r) => {
      const shape = r.shape(1, 3);
      const bounds = () => shape.map((count) => r.whole(-count - 1, count + 1));
      const mask = () => (r.chance(0.6) ? 0 : r.whole(0, 7));
      const strides = shape.map(() => r.pick([1, 1, 2, -1, -3, 2 ** 30, -(2 ** 30)]));
      const masks = {
        beginMask: mask(),
        endMask: mask(),
        ellipsisMask: r.pick([0, 0, 1, 2]),
        newAxisMask: mask(),
        shrinkAxisMask: mask(),
      };
      return {
        inputs: { x: r.tensor(shape, r.pick(numbers)) },
        attributes: { begin: bounds(), end: bounds(), strides, ...masks },
      };
    },
  ],
  [
    'SplitV',
    (r) => {
      const shape = r.shape(1);
      const axis = axisOf(r, shape);
      const count = shape.at(axis)!;
      const first = r.whole(0, count);
      const numOrSizeSplits = r.pick([1, [first, count - first], [first, -1], Math.max(1, count)]);
      return { inputs: { x: r.tensor(shape, r.pick(numbers)) }, attributes: { numOrSizeSplits, axis } };
    },
  ],
  [
    'Unpack',
    (r) => {
      const shape = r.shape(1);
      return { inputs: { value: r.tensor(shape, r.pick(numbers)) }, attributes: { axis: axisOf(r, shape) } };
    },
  ],
  [
    'PadV2',
    (r) => {
      const shape = r.shape();
      const attributes = { paddings: pads(r, shape, () => 3), constantValue: r.pick([0, 1, 2.5, -1]) };
      return { inputs: { x: r.tensor(shape, r.pick(numbers)) }, attributes };
    },
  ],
  [
    'MirrorPad',
    (r) => {
      const shape = r.shape().map((count) => Math.max(1, count));
      const mode = r.pick(['reflect', 'symmetric']);
      const paddings = pads(r, shape, (count) => (mode === 'reflect' ? count - 1 : count));
      return { inputs: { x: r.tensor(shape, r.pick(numbers)) }, attributes: { paddings, mode } };
    },
  ],
  [
    'SpaceToBatchND',
    (r) => ({
      inputs: { x: r.tensor([r.whole(1, 2), 4, 6, r.whole(1, 3)], r.pick(numbers)) },
      attributes: {
        blockShape: [2, 3],
        paddings: [
          [r.pick([0, 2]), 0],
          [0, r.pick([0, 3])],
        ],
      },
    }),
  ],
  [
    'BatchToSpaceND',
    (r) => ({
      inputs: { x: r.tensor([6 * r.whole(1, 2), 2, 3, r.whole(1, 3)], r.pick(numbers)) },
      attributes: {
        blockShape: [2, 3],
        crops: [
          [r.whole(0, 1), 1],
          [0, r.whole(0, 2)],
        ],
      },
    }),
  ],
  [
    'DepthToSpace',
    (r) => ({
      inputs: { x: r.tensor([r.whole(0, 2), r.whole(1, 3), 2, 4 * r.whole(1, 2)], r.pick(numbers)) },
      attributes: { blockSize: 2, dataFormat: 'NHWC' },
    }),
  ],
];
