/** How the kernels of TensorFlow.js are called that compute: cell by cell, reductions, products, normalisations. */
import type { DataType } from '@tensorflow/tfjs-core';
import { axisOf, broadcastShapes, cells, type MakeCase, named, numbers, someAxes } from './case.ts';
import type { Given, Random } from './random.ts';

const one =
  (dtypes: readonly DataType[], attributes: (r: Random) => Record<string, unknown> = () => ({})): MakeCase =>
  (r) => ({ inputs: { x: r.wild(r.shape(), r.pick(dtypes)) }, attributes: attributes(r) });

/** Functions that whole numbers go through as floats, which don't hold the large ones. */
const oneThroughFloats =
  (dtypes: readonly DataType[]): MakeCase =>
  (r) => {
    const dtype = r.pick(dtypes);
    return { inputs: { x: dtype === 'float32' ? r.wild(r.shape()) : r.tensor(r.shape(), dtype) } };
  };

/** Two operands of one dtype, as ops make them. */
const two =
  (dtypes: readonly DataType[]): MakeCase =>
  (r) => {
    const [a, b] = broadcastShapes(r);
    const dtype = r.pick(dtypes);
    return { inputs: { a: r.wild(a, dtype), b: r.wild(b, dtype) } };
  };
const reduction =
  (dtypes: readonly DataType[], way: 'axis' | 'one axis' | 'reductionIndices' = 'axis'): MakeCase =>
  (r) => {
    const shape = r.shape(1);
    const axis = way === 'one axis' ? axisOf(r, shape) : someAxes(r, shape);
    return {
      inputs: { x: r.tensor(shape, r.pick(dtypes)) },
      attributes: { [way === 'one axis' ? 'axis' : way]: axis, keepDims: r.chance(0.5) },
    };
  };
const normalization = (r: Random) => ({
  depthRadius: r.whole(0, 4),
  bias: r.pick([1, 2]),
  alpha: r.pick([1, 0.5]),
  beta: r.pick([0.5, 1]),
});

const product: MakeCase = (r) => {
  const [rows, depth, columns] = [r.pick([1, 2, 5, 17]), r.pick([1, 3, 8, 33]), r.pick([1, 2, 7, 35])];
  const [transposeA, transposeB] = [r.chance(0.3), r.chance(0.3)];
  const batch = r.shape(0, 2);
  const dtype = r.pick(numbers);
  return {
    inputs: {
      a: r.tensor([...batch, ...(transposeA ? [depth, rows] : [rows, depth])], dtype),
      b: r.tensor([...batch, ...(transposeB ? [columns, depth] : [depth, columns])], dtype),
    },
    attributes: { transposeA, transposeB },
  };
};

/** By their names. */
export const arithmeticKernels: readonly (readonly [string, MakeCase])[] = [
  ...named('Abs Ceil Floor Round Neg Sign Square Relu Relu6 IsNan IsInf IsFinite', one(numbers)),
  ...named(
    'Sqrt Rsqrt Exp Expm1 Log Log1p Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh Elu Selu Sigmoid Softplus Reciprocal',
    oneThroughFloats(numbers),
  ),
  ['Erf', oneThroughFloats(['float32'])],
  ['LogicalNot', one(['bool'])],
  ['Step', one(numbers, (r) => ({ alpha: r.pick([0, 0.5, -1]) }))],
  ['LeakyRelu', one(['float32'], (r) => ({ alpha: r.pick([0, 0.2, -1]) }))],
  [
    'ClipByValue',
    one(numbers, (r) => {
      const clipValueMin = r.pick([-1, 0, 0.5, Number.NEGATIVE_INFINITY]);
      return { clipValueMin, clipValueMax: r.pick([1, 2.5, Number.POSITIVE_INFINITY]) };
    }),
  ],
  ...named('Identity ZerosLike OnesLike', one(cells)),
  ...named('Add Sub Multiply', two(cells)),
  ...named(
    'RealDiv FloorDiv Maximum Minimum Mod Pow SquaredDifference Atan2 Equal NotEqual Less LessEqual Greater GreaterEqual',
    two(numbers),
  ),
  ...named('LogicalAnd LogicalOr', two(['bool'])),
  ['BitwiseAnd', two(['int32'])],
  [
    'Prelu',
    (r) => {
      const [x, alpha] = broadcastShapes(r);
      return { inputs: { x: r.tensor(x), alpha: r.tensor(alpha) } };
    },
  ],
  [
    'EluGrad',
    (r) => {
      const shape = r.shape();
      return { inputs: { dy: r.tensor(shape), y: r.tensor(shape) } };
    },
  ],
  [
    'AddN',
    (r) => {
      const [shape, dtype] = [r.shape(), r.pick(['float32', 'int32'] as const)];
      return { inputs: Array.from({ length: r.whole(1, 4) }, () => r.tensor(shape, dtype)) };
    },
  ],
  ['Cast', one(numbers, (r) => ({ dtype: r.pick(cells) }))],
  [
    'Complex',
    (r) => {
      const shape = r.shape();
      return { inputs: { real: r.tensor(shape), imag: r.tensor(shape) } };
    },
  ],
  ...named('Real Imag', (r) => ({ inputs: { input: r.tensor(r.shape(), 'complex64') } })),
  ['ComplexAbs', one(['complex64'])],
  ...named('Sum Prod', reduction(numbers)),
  ['Min', reduction(['float32', 'int32'])],
  ['Max', reduction(['float32', 'int32'], 'reductionIndices')],
  ['Mean', reduction(numbers)],
  ...named('All Any', reduction(['bool'])),
  ...named('ArgMax ArgMin', reduction(numbers, 'one axis')),
  ...named('Cumsum Cumprod', (r) => {
    const shape = r.shape(1);
    const attributes = { axis: shape.length - 1, exclusive: r.chance(0.5), reverse: r.chance(0.5) };
    return { inputs: { x: r.tensor(shape, r.pick(numbers)) }, attributes };
  }),
  ['BatchMatMul', product],
  [
    '_FusedMatMul',
    (r) => {
      const { inputs, attributes } = product(r);
      const { a, b } = inputs as { a: Given; b: Given };
      const columns = b.shape.at(attributes?.['transposeB'] ? -2 : -1)!;
      const shape = r.pick([[columns], [1, columns], [1], []]);
      const activation = r.pick([
        ...['linear', 'relu', 'relu6', 'leakyrelu', 'prelu'],
        // Of whole numbers these are cut to 0 or 1 by the last bit of float32.
        ...(a.dtype === 'float32' ? ['elu', 'sigmoid'] : []),
      ]);
      return {
        inputs: {
          a,
          b,
          bias: r.chance(0.7)
            ? r.tensor(shape, a.dtype === 'bool' ? 'bool' : r.pick(['float32', 'int32']))
            : undefined,
          preluActivationWeights: activation === 'prelu' ? r.tensor(r.pick([[columns], [1]])) : undefined,
        },
        attributes: { ...attributes, activation, leakyreluAlpha: 0.3 },
      };
    },
  ],
  [
    'Einsum',
    (r) => {
      const equation = r.pick([
        'ab,bc->ac',
        'ab,cb->ca',
        'bij,bjk->bik',
        'a,b->ab',
        'ij->ji',
        'ab->',
        'i,i->',
        'ab,ab->a',
      ]);
      const sizes = new Map([...'abcijk'].map((letter) => [letter, r.pick([1, 2, 3, 5])]));
      const shapes = equation
        .split('->')[0]!
        .split(',')
        .map((term) => [...term].map((letter) => sizes.get(letter)!));
      const dtype = r.pick(['float32', 'int32'] as const);
      return { inputs: shapes.map((shape) => r.tensor(shape, dtype)), attributes: { equation } };
    },
  ],
  [
    'FusedBatchNorm',
    (r) => {
      const x = r.shape(1).map((count) => Math.max(1, count));
      const side = r.pick([x, x.slice(-1)]);
      const positive = {
        ...r.tensor(side),
        values: Array.from({ length: side.reduce((a, b) => a * b, 1) }, () => r.pick([0.5, 1, 3])),
      };
      return {
        inputs: {
          x: r.tensor(x, r.pick(['float32', 'int32'])),
          mean: r.tensor(side, r.pick(['float32', 'int32'])),
          variance: positive,
          scale: r.chance(0.5) ? r.tensor(side) : undefined,
          offset: r.chance(0.5) ? r.tensor(side) : undefined,
        },
        attributes: { varianceEpsilon: 0.01 },
      };
    },
  ],
  [
    'LRN',
    (r) => ({
      inputs: { x: r.tensor(r.shape(4, 4), r.pick(['float32', 'int32'])) },
      attributes: normalization(r),
    }),
  ],
  [
    'LRNGrad',
    (r) => {
      const shape = r.shape(4, 4);
      const [x, y, dy] = [r.tensor(shape), r.tensor(shape), r.tensor(shape)];
      return { inputs: { x, y, dy }, attributes: normalization(r) };
    },
  ],
  [
    'Softmax',
    (r) => ({
      inputs: { logits: r.tensor(r.shape(1), r.pick(['float32', 'int32'])) },
      attributes: { dim: -1 },
    }),
  ],
];
