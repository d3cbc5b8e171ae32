/** A kernel that finds no memory, at whichever of its allocations, frees all that it has made. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeviceBackend, DeviceMemoryError, registerDeviceBackend } from '../src/index.ts';
import { cpuDevices } from './cpu-devices.ts';
import { fusedKernels } from './every-kernel/fused-kernels.ts';
import { deviceHost, type Outcome, outcomeOf } from './every-kernel/outcome.ts';
import { randomFrom } from './every-kernel/random.ts';
import { stockKernels } from './every-kernel/stock-kernels.ts';
import { heldBy, type WatchedDevice, watchedDevice } from './every-kernel/watched-device.ts';

const casesOfAKernel = 6;
const mostAllocations = 100;

for (const [deviceName, create] of cpuDevices) {
  describe(`out of memory on ${deviceName}`, () => {
    const backendName = `out-of-memory-${deviceName}`;
    let device: WatchedDevice;
    let backend: DeviceBackend;

    beforeAll(async () => {
      device = await watchedDevice(create);
      backend = registerDeviceBackend(backendName, device);
      await tf.setBackend(backendName);
    });
    afterAll(() => tf.removeBackend(backendName));

    it.each([...stockKernels, ...fusedKernels])('%s leaves nothing behind', (name, make) => {
      const host = deviceHost(backendName, backend);
      for (let seed = 0; seed < casesOfAKernel; seed++) {
        const one = make(randomFrom(seed));
        if ('error' in outcomeOf(host, name, one)) continue;
        const before = heldBy(backend);
        let outcome: Outcome | undefined;
        for (let allowed = 0; allowed < mostAllocations; allowed++) {
          outcome = outcomeOf(host, name, one, () => device.allow(allowed));
          device.allow(Number.POSITIVE_INFINITY);
          expect(heldBy(backend), `${name} ${seed}, ${allowed} allocations`).toBe(before);
          if ('outputs' in outcome) break;
          expect(outcome.error).toBeInstanceOf(DeviceMemoryError);
        }
        expect(outcome).toHaveProperty('outputs');
      }
    });
  });
}
