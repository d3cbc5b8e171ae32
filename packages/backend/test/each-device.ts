/** Runs a suite on each CPU device of this machine; the native one is skipped where its library isn't built. */
import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { createNativeDevice } from '../../device-native/src/index.ts';
import { createWasmDevice } from '../../device-wasm/src/index.ts';
import { registerDeviceBackend } from '../src/index.ts';

const library = new URL(`../../device-native/lib/${process.platform}-${process.arch}/`, import.meta.url);
const devices = { wasm: createWasmDevice, native: createNativeDevice };

/** Describes the facts for each device, on two threads. */
export function describeOnEachDevice(subject: string, facts: () => void): void {
  for (const [device, create] of Object.entries(devices)) {
    const isMissing = device === 'native' && !existsSync(library);
    const reason = isMissing ? ' (skipped: the library is not built)' : '';
    describe.skipIf(isMissing)(`${subject} on ${device}${reason}`, () => {
      const backendName = `${subject.replaceAll(' ', '-')}-${device}`;
      beforeAll(async () => {
        registerDeviceBackend(backendName, await create({ threads: 2 }));
        await tf.setBackend(backendName);
      });
      afterAll(() => tf.removeBackend(backendName));
      facts();
    });
  }
}

/** What a kernel gives for its inputs, and that it leaves no tensor behind. */
export function valuesOf(compute: () => tf.Tensor): number[] {
  const before = tf.backend().numDataIds();
  const values = tf.tidy(() => Array.from(compute().dataSync()));
  if (tf.backend().numDataIds() !== before) throw new Error('The kernel left data behind.');
  return values;
}

/** Numbers between −1 and 1 from a seed. */
export function numbersFrom(seed: number, count: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}
