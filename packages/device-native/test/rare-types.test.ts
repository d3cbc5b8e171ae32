/** Kernels for types that TensorFlow.js's own tests and a transformer leave alone: they are kernels all the same. */
import { registerDeviceBackend } from '@sparse-transformers/backend';
import { engine, setBackend, type Tensor, type TensorInfo, tensor, tensor1d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createNativeDevice } from '../src/index.ts';
import { libraryIsBuilt } from './package-copy.ts';

const ints = (...values: number[]) => tensor1d(values, 'int32');
const bools = (...values: number[]) => tensor1d(values.map(Boolean), 'bool');

/** The values of a kernel's first output. */
function run(
  kernel: string,
  inputs: Record<string, Tensor>,
  attributes: Record<string, unknown> = {},
): number[] {
  const outputs: Tensor | Tensor[] = engine().runKernel(
    kernel,
    inputs,
    attributes as Record<string, TensorInfo['shape']>,
  );
  const [first] = Array.isArray(outputs) ? outputs : [outputs];
  return [...first!.dataSync()];
}

describe.runIf(libraryIsBuilt)('on native', () => {
  beforeAll(async () => {
    registerDeviceBackend('rare-types', await createNativeDevice());
    await setBackend('rare-types');
  });

  it('counts with whole weights', () => {
    const counted = run('Bincount', { x: ints(1, 2, 1), weights: ints(5, 6, 7) }, { size: 4 });
    expect(counted).toEqual([0, 12, 6, 0]);
  });

  it('divides whole numbers', () => {
    expect(run('RealDiv', { a: ints(7, -7, 1), b: ints(2, 2, 0) })).toEqual([3, -3, 0]);
  });

  it('accumulates whole numbers', () => {
    const options = { axis: 0, exclusive: false, reverse: false };
    expect(run('Cumsum', { x: ints(1, 2, 3) }, options)).toEqual([1, 3, 6]);
    expect(run('Cumprod', { x: ints(2, 3, 4) }, options)).toEqual([2, 6, 24]);
  });

  it.each([
    ['Equal', [1, 0, 0, 1]],
    ['NotEqual', [0, 1, 1, 0]],
    ['Less', [0, 1, 0, 0]],
    ['LessEqual', [1, 1, 0, 1]],
    ['LogicalXor', [0, 1, 1, 0]],
  ])('compares booleans by %s', (kernel, expected) => {
    expect(run(kernel, { a: bools(0, 0, 1, 1), b: bools(0, 1, 0, 1) })).toEqual(expected);
  });

  it('takes the logarithm of a softmax', () => {
    const [first, second] = run('LogSoftmax', { logits: tensor([[0, Math.log(3)]]) }, { axis: -1 });
    expect(first).toBeCloseTo(Math.log(0.25), 6);
    expect(second).toBeCloseTo(Math.log(0.75), 6);
  });

  it('gives the sign of whole numbers', () => {
    expect(run('Sign', { x: ints(-7, 0, 7) })).toEqual([-1, 0, 1]);
  });

  it('finds the largest booleans', () => {
    expect(run('TopK', { x: bools(0, 1, 0) }, { k: 2, sorted: true })).toEqual([1, 0]);
  });

  it('scatters booleans', () => {
    const indices = tensor([[1], [3]], [2, 1], 'int32');
    expect(run('ScatterNd', { indices, updates: bools(1, 1) }, { shape: [4] })).toEqual([0, 1, 0, 1]);
    expect(run('TensorScatterUpdate', { tensor: bools(1, 1, 1, 1), indices, updates: bools(0, 0) })).toEqual([
      1, 0, 1, 0,
    ]);
  });
});
