/** Facts that hold on every CPU device, whatever its number of threads. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { type DeviceBackend, registerDeviceBackend } from '../src/index.ts';
import { cpuDevices } from './cpu-devices.ts';

/** Declares facts for each device; a fact's tensors are freed after it. */
export function onEachDevice(title: string, facts: (backend: () => DeviceBackend) => void): void {
  describe.each(cpuDevices)(`${title} on %s`, (name, create) => {
    const backendName = `facts-${name}`;
    let backend: DeviceBackend;

    beforeAll(async () => {
      backend = registerDeviceBackend(backendName, await create({ threads: 2 }));
      await tf.setBackend(backendName);
    });
    beforeEach(() => tf.engine().startScope());
    afterEach(() => tf.engine().endScope());
    afterAll(() => tf.removeBackend(backendName));

    facts(() => backend);
  });
}

/** What a computation gives with one, two and three threads. */
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
