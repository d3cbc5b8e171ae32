/** Ops without a kernel on the device: TensorFlow.js's cpu kernels compute them, and say so. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FallbackError, type FallbackMode, loadFallbacks, registerDeviceBackend } from '../src/index.ts';
import { cpuDevices } from './cpu-devices.ts';

const [[, createDevice]] = cpuDevices as [(typeof cpuDevices)[number]];

async function start(fallbacks?: FallbackMode) {
  const device = await createDevice({ threads: 1 });
  const backend = registerDeviceBackend('falling', device, fallbacks ? { fallbacks } : {});
  await tf.setBackend('falling');
  return backend;
}

const pool = () => tf.tidy(() => tf.maxPool(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), 2, 1, 'valid'));

afterEach(() => {
  vi.restoreAllMocks();
  tf.removeBackend('falling');
});

describe('an op of a family that the device has no kernels for', () => {
  it('gives what the cpu kernel gives', async () => {
    await start();
    vi.spyOn(console, 'warn').mockReturnValue();
    expect([...pool().dataSync()]).toEqual([4]);
  });

  it('warns once, and names the op', async () => {
    await start();
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    pool();
    pool();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/^MaxPool has no kernel on this device/);
  });

  it('is counted each time', async () => {
    const backend = await start();
    vi.spyOn(console, 'warn').mockReturnValue();
    pool();
    pool();
    expect([...backend.fallbacks()]).toEqual([['MaxPool', 2]]);
  });

  it('throws an error that names it, where the program wants this', async () => {
    await start('throw');
    expect(pool).toThrow(FallbackError);
    expect(pool).toThrow(expect.objectContaining({ op: 'MaxPool', family: 'pooling' }));
  });

  it('leaves no tensor behind', async () => {
    await start();
    vi.spyOn(console, 'warn').mockReturnValue();
    const before = tf.memory().numDataBuffers;
    pool().dispose();
    expect(tf.memory().numDataBuffers).toBe(before);
  });

  it('takes and gives complex tensors, under the shape that they have now', async () => {
    await start();
    vi.spyOn(console, 'warn').mockReturnValue();
    const x = tf.reshape(tf.complex(tf.tensor1d([1, 2, 3, 4]), tf.tensor1d([0, 0, 0, 0])), [2, 2]);
    const y = tf.spectral.fft(x);
    expect(y.shape).toEqual([2, 2]);
    expect([...y.dataSync()]).toEqual([3, 0, -1, 0, 7, 0, -1, 0]);
  });
});

describe('tensors of strings', () => {
  it('are computed elsewhere by ops that read them', async () => {
    const backend = await start();
    vi.spyOn(console, 'warn').mockReturnValue();
    const all = tf.concat([tf.tensor1d(['a', 'b']), tf.tensor1d(['c'])]);
    expect([...all.dataSync()]).toEqual(['a', 'b', 'c']);
    expect([...backend.fallbacks()]).toEqual([['Concat', 1]]);
  });

  it('get another shape without that', async () => {
    const backend = await start('throw');
    expect(tf.reshape(tf.tensor1d(['a', 'b']), [2, 1]).shape).toEqual([2, 1]);
    expect(backend.fallbacks().size).toBe(0);
  });
});

it('fall-backs can be loaded before they are needed, and select no backend', async () => {
  await start();
  await loadFallbacks();
  expect(tf.getBackend()).toBe('falling');
});
