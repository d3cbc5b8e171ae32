/** The same computation with other numbers of threads, which must not change a bit. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { registerDeviceBackend } from '../src/index.ts';
import { type CreateDevice, cpuDevices } from './cpu-devices.ts';

/** What a computation gives on a device with one, two and three threads. */
export async function onThreads<Result>(
  name: string,
  create: CreateDevice,
  compute: () => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const threads of [1, 2, 3]) {
    const device = await create({ threads });
    expect(device.threads).toBe(threads);
    const backendName = `threads-${name}-${threads}`;
    registerDeviceBackend(backendName, device);
    await tf.setBackend(backendName);
    results.push(compute());
    tf.removeBackend(backendName);
  }
  return results;
}

/** What a computation gives on each CPU device with one, two and three threads. */
export async function withThreads(compute: () => tf.Tensor): Promise<number[][]> {
  const results: number[][] = [];
  for (const [name, create] of cpuDevices) {
    results.push(...(await onThreads(name, create, () => tf.tidy(() => [...compute().dataSync()]))));
  }
  return results;
}
