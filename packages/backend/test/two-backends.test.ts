/** Tensors that go from one backend to another: two of ours, and TensorFlow.js's own. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeviceBackend, registerDeviceBackend } from '../src/index.ts';
import { hostDevice } from './host-device.ts';

const backends: Record<string, DeviceBackend> = {};
beforeAll(() => {
  for (const name of ['one', 'other']) backends[name] = registerDeviceBackend(name, hostDevice());
});
afterAll(() => {
  for (const name of ['one', 'other']) tf.removeBackend(name);
});

/** Makes a tensor here, gives it another shape there, and reads that. */
async function bring(make: () => tf.Tensor, from: string, to: string) {
  await tf.setBackend(from);
  const tensor = make();
  await tf.setBackend(to);
  const moved = tf.reshape(tensor, [-1, 1]);
  return { tensor, moved };
}

describe.each([
  ['one', 'other'],
  ['other', 'one'],
  ['one', 'cpu'],
  ['cpu', 'one'],
])('from %s to %s', (from, to) => {
  it.each<[string, () => tf.Tensor, (number | string)[]]>([
    ['float32', () => tf.tensor1d([1.5, 2]), [1.5, 2]],
    ['int32', () => tf.tensor1d([1, -2], 'int32'), [1, -2]],
    ['bool', () => tf.tensor1d([true, false], 'bool'), [1, 0]],
    ['string', () => tf.tensor1d(['a', 'b']), ['a', 'b']],
    ['an empty', () => tf.tensor1d([]), []],
  ])('moves a %s tensor', async (_, make, values) => {
    const { tensor, moved } = await bring(make, from, to);
    expect([...moved.dataSync()]).toEqual(values);
    expect([...tensor.dataSync()]).toEqual(values);
    tf.dispose([tensor, moved]);
  });

  it('leaves nothing behind', async () => {
    const before = Object.values(backends).map((backend) => backend.numDataIds());
    const { tensor, moved } = await bring(() => tf.tensor1d([1, 2]), from, to);
    tf.dispose([tensor, moved]);
    expect(Object.values(backends).map((backend) => backend.numDataIds())).toEqual(before);
    expect(Object.values(backends).map((backend) => backend.allocatorMemory().blocks)).toEqual([0, 0]);
  });

  it('keeps the number of those who use it', async () => {
    await tf.setBackend(from);
    const tensor = tf.tensor1d([1, 2]);
    const shared = tf.reshape(tensor, [2, 1]);
    await tf.setBackend(to);
    const moved = tf.reshape(tensor, [1, 2]);
    tf.dispose([tensor, moved]);
    expect([...shared.dataSync()]).toEqual([1, 2]);
    shared.dispose();
    expect(Object.values(backends).map((backend) => backend.allocatorMemory().blocks)).toEqual([0, 0]);
  });
});

it.each([
  ['one', 'other'],
  ['cpu', 'one'],
])('moves complex numbers from %s to %s', async (from, to) => {
  await tf.setBackend(from);
  const tensor = tf.complex([1, 2], [3, 4]);
  await tf.setBackend(to);
  const imaginary = tf.imag(tensor);
  expect([...imaginary.dataSync()]).toEqual([3, 4]);
  expect([...tensor.dataSync()]).toEqual([1, 3, 2, 4]);
  tf.dispose([tensor, imaginary]);
  expect(Object.values(backends).map((backend) => backend.allocatorMemory().blocks)).toEqual([0, 0]);
});

it('launches on the device of the backend that is active', async () => {
  const launches = () => Object.values(backends).map((backend) => backend.launches());
  const [one, other] = launches() as [number, number];
  await tf.setBackend('other');
  tf.fill([2], 1).dispose();
  expect(launches()).toEqual([one, other + 1]);
});
