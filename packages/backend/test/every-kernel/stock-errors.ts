/**
 * Where TensorFlow.js's cpu kernels are wrong, and why: ours are held to plain loops there, in tests of their own. The results of all other cases
 * are compared.
 */
import { slice_util } from '@tensorflow/tfjs-core';
import type { Case } from './case.ts';
import type { Given } from './random.ts';

const inputsOf = ({ inputs }: Case): Given[] =>
  Object.values(inputs)
    .flat()
    .filter((given): given is Given => given !== undefined);

const sameShapes = (one: Case) => new Set(inputsOf(one).map(({ shape }) => String(shape))).size === 1;
const hasComplex = (one: Case) => inputsOf(one).some(({ dtype }) => dtype === 'complex64');
const sameDtypes = (one: Case) => new Set(inputsOf(one).map(({ dtype }) => dtype)).size === 1;
const input = (one: Case, name: string) => (one.inputs as Record<string, Given | undefined>)[name];
const axesOf = ({ attributes }: Case) =>
  [attributes?.['axis'] ?? attributes?.['reductionIndices'] ?? []].flat() as number[];

/** It reads beside the array where there is nothing to look at. */
const looksAtNothing = (one: Case) =>
  axesOf(one).some((axis) => input(one, 'x')?.shape.at(axis) === 0) ||
  input(one, 'x')?.shape.includes(0) === true;

const hasLarge = (one: Case) =>
  inputsOf(one).some(({ values }) => values.some((value) => Math.abs(value) > 2 ** 24));

/**
 * Complex operands of two shapes are read as if they had one. And a large whole number with a float, which no op lets through, is computed with
 * in float32 here, in float64 there.
 */
const arithmetic = (one: Case) =>
  (hasComplex(one) && !sameShapes(one)) || (!sameDtypes(one) && hasLarge(one));

/** A negative axis is taken for one of the axes, from the wrong end. */
const hasNegativeAxis = (one: Case) => axesOf(one).some((axis) => axis < 0);

function endsBeforeItBegins(one: Case): boolean {
  const a = one.attributes as Record<'begin' | 'end' | 'strides', number[]> &
    Record<'beginMask' | 'endMask' | 'ellipsisMask' | 'newAxisMask' | 'shrinkAxisMask', number>;
  const { shape = [] } = input(one, 'x') ?? {};
  try {
    const masks = [a.beginMask, a.endMask, a.ellipsisMask, a.newAxisMask, a.shrinkAxisMask] as const;
    const { begin, end, strides } = slice_util.sliceInfo([...shape], a.begin, a.end, a.strides, ...masks);
    return begin.some((first, axis) => strides[axis] === 1 && end[axis]! < first);
  } catch {
    return false;
  }
}

/** By the names of kernels: says of a case whether the stock kernel is wrong. */
export const stockErrors: Readonly<Record<string, (one: Case) => boolean>> = {
  ...Object.fromEntries(
    [
      'Add',
      'Sub',
      'Multiply',
      'RealDiv',
      'FloorDiv',
      'Maximum',
      'Minimum',
      'Mod',
      'Pow',
      'SquaredDifference',
      'Atan2',
    ].map((name) => [name, arithmetic]),
  ),
  Cumsum: hasNegativeAxis,
  Cumprod: hasNegativeAxis,
  // The least is above the most.
  ClipByValue: ({ attributes }) =>
    !(Number(attributes?.['clipValueMin']) <= Number(attributes?.['clipValueMax'])),
  // Whole numbers go through float32.
  Abs: hasLarge,
  // What is not quite −1 in float64 is cut to 0, and is −1 in float32.
  Erf: (one) => input(one, 'x')?.dtype !== 'float32',
  All: looksAtNothing,
  Max: looksAtNothing,
  Min: looksAtNothing,
  // The dtype is the last operand's, so that fractions are cut off.
  Einsum: (one) => !sameDtypes(one),
  // Numbers below 0 are no probabilities: which event a draw falls on is anybody's guess.
  Multinomial: (one) => inputsOf(one).some(({ values }) => values.some((value) => !(value >= 0))),
  // With one axis it counts, whether it was asked for that or not.
  DenseBincount: (one) => one.attributes?.['binaryOutput'] === true && input(one, 'x')?.shape.length === 1,
  // One segment of everything loses the first axis.
  UnsortedSegmentSum: (one) => input(one, 'segmentIds')?.shape.length === 0,
  // Differences of truth values wrap.
  Softmax: (one) => input(one, 'logits')?.dtype === 'bool',
  // Rows are chosen as if they were cells.
  Select: (one) => input(one, 'condition')?.shape.length === 1 && input(one, 't')?.shape.length !== 1,
  // An end before the begin is refused, or not, by a length of −1 that stands for the whole axis; where axes vanish, it counts too many.
  StridedSlice: (one) => endsBeforeItBegins(one) || one.attributes?.['shrinkAxisMask'] !== 0,
  GatherNd: hasComplex,
  // Truth values are added up to numbers above 1.
  ScatterNd: (one) => input(one, 'updates')?.dtype === 'bool',
  // A scalar's only cell is looked for behind it.
  Slice: (one) => input(one, 'x')?.shape.length === 0,
};
