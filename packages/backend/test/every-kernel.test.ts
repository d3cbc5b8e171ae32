/**
 * Every kernel of the device, in cases that TensorFlow.js lets through and in spoiled ones: it gives what TensorFlow.js's cpu kernel gives, or
 * refuses, and leaves nothing behind. The wasm device watches over its memory meanwhile; the launches of the native one are replayed by
 * packages/device-native/test/replay/sanitize.mjs.
 */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeviceBackend, registerDeviceBackend } from '../src/index.ts';
import { ownKernels } from '../src/kernels/all.ts';
import { cpuDevices } from './cpu-devices.ts';
import type { Case } from './every-kernel/case.ts';
import { fusedKernels } from './every-kernel/fused-kernels.ts';
import {
  deviceHost,
  difference,
  isAccident,
  type Outcome,
  outcomeOf,
  stockHost,
} from './every-kernel/outcome.ts';
import { randomFrom } from './every-kernel/random.ts';
import { spoiled } from './every-kernel/spoil.ts';
import { stockErrors } from './every-kernel/stock-errors.ts';
import { stockKernels } from './every-kernel/stock-kernels.ts';
import { heldBy, watchedDevice } from './every-kernel/watched-device.ts';

const casesOfAKernel = 60;
const stock = stockHost();
/** What TensorFlow.js gives for a case, by kernel and seed: the same for every device. */
const stockOutcomes = new Map<string, Outcome>();
const makers = new Map([...stockKernels, ...fusedKernels]);

it('no kernel is left out', () => {
  expect(ownKernels.map(({ kernelName }) => kernelName).filter((name) => !makers.has(name))).toEqual([]);
});

for (const [deviceName, create] of cpuDevices) {
  describe(`on ${deviceName}`, () => {
    const backendName = `every-kernel-${deviceName}`;
    let backend: DeviceBackend;

    beforeAll(async () => {
      backend = registerDeviceBackend(backendName, await watchedDevice(create));
      await tf.setBackend(backendName);
    });
    afterAll(() => tf.removeBackend(backendName));

    it.each([...makers])('%s gives what TensorFlow.js gives, or refuses', (name, make) => {
      const host = deviceHost(backendName, backend);
      const failures: string[] = [];
      for (let seed = 0; seed < casesOfAKernel; seed++) {
        const random = randomFrom(seed);
        const sound = make(random);
        const isSpoiled = seed % 2 === 1;
        const one = isSpoiled ? spoiled(random, sound) : sound;
        const before = heldBy(backend);
        const ours = outcomeOf(host, name, one);
        const wrong = judge(name, ours, { one, seed, isSpoiled });
        if (wrong) failures.push(`${seed}: ${wrong}\n${JSON.stringify(one).slice(0, 600)}`);
        const after = heldBy(backend);
        if (before !== after) failures.push(`${seed}: leaves ${after}; before, ${before} were held`);
      }
      expect(failures.slice(0, 5).join('\n'), `${failures.length} failures`).toBe('');
    });
  });
}

interface Asked {
  readonly one: Case;
  readonly seed: number;
  readonly isSpoiled: boolean;
}

/** What is wrong with an outcome, in words. */
function judge(name: string, ours: Outcome, { one, seed, isSpoiled }: Asked): string | null {
  if ('error' in ours && isSpoiled) return isAccident(ours.error) ? `accident: ${ours.error.stack}` : null;
  if (!stockKernels.has(name)) return 'error' in ours ? ours.error.message : null;
  return stockErrors[name]?.(one) ? null : difference(ours, stockOutcome(name, one, seed));
}

function stockOutcome(name: string, one: Case, seed: number): Outcome {
  const place = `${name} ${seed}`;
  const outcome = stockOutcomes.get(place) ?? outcomeOf(stock, name, one);
  stockOutcomes.set(place, outcome);
  return outcome;
}
