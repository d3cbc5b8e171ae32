/** Runs a suite on each CPU device of this machine. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { registerDeviceBackend } from '../src/index.ts';
import { cpuDevices } from './cpu-devices.ts';

/** Describes the facts for each device, on two threads. */
export function describeOnEachDevice(subject: string, facts: () => void): void {
  for (const [device, create] of cpuDevices) {
    describe(`${subject} on ${device}`, () => {
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
  const numbers = new Float32Array(count);
  for (let place = 0; place < count; place++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    numbers[place] = state / 2 ** 31;
  }
  return numbers;
}
