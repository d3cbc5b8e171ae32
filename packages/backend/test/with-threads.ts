import * as tf from '@tensorflow/tfjs-core';
import { registerDeviceBackend } from '../src/index.ts';
import { cpuDevices } from './cpu-devices.ts';

/** What a computation gives on each CPU device with one, two and three threads. */
export async function withThreads(compute: () => tf.Tensor): Promise<number[][]> {
  const results: number[][] = [];
  for (const [name, create] of cpuDevices)
    for (const threads of [1, 2, 3]) {
      const backendName = `threads-${name}-${threads}`;
      registerDeviceBackend(backendName, await create({ threads }));
      await tf.setBackend(backendName);
      results.push(tf.tidy(() => [...compute().dataSync()]));
      tf.removeBackend(backendName);
    }
  return results;
}
