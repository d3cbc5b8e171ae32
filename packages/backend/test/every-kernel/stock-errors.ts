/**
 * Where TensorFlow.js's cpu kernels are wrong, and why: ours are held to plain loops there, in tests of their own. What is computed is compared
 * in all other cases.
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

/** Complex operands of two shapes are read as if they had one. */
const broadcastsComplex = (one: Case) => hasComplex(one) && !sameShapes(one);

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
  Add: broadcastsComplex,
  Sub: broadcastsComplex,
  Multiply: broadcastsComplex,
  // Whole numbers go through float32.
  Abs: (one) => inputsOf(one).some(({ values }) => values.some((value) => Math.abs(value) > 2 ** 24)),
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
  // An end before the begin is refused, or not, by a length of −1 that stands for the whole axis.
  StridedSlice: endsBeforeItBegins,
  // A scalar's only cell is looked for behind it.
  Slice: (one) => input(one, 'x')?.shape.length === 0,
};
