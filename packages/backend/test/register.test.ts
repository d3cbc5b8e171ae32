/** Registering a backend under a name. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, it, vi } from 'vitest';
import { registerDeviceBackend } from '../src/index.ts';
import { hostDevice } from './host-device.ts';

afterEach(() => {
  vi.restoreAllMocks();
  if (tf.findBackend('first')) tf.removeBackend('first');
});

it('makes a backend that can be chosen', async () => {
  const backend = registerDeviceBackend('first', hostDevice());
  expect(await tf.setBackend('first')).toBe(true);
  expect(tf.backend()).toBe(backend);
});

it('chooses nothing by itself', () => {
  registerDeviceBackend('first', hostDevice());
  expect(tf.engine().backendName).not.toBe('first');
});

it('refuses a name with an underscore', () => {
  expect(() => registerDeviceBackend('my_backend', hostDevice())).toThrow(
    "must have no underscore; got 'my_backend'",
  );
});

it('refuses a name that is taken', () => {
  vi.spyOn(console, 'warn').mockReturnValue();
  registerDeviceBackend('first', hostDevice());
  expect(() => registerDeviceBackend('first', hostDevice())).toThrow(
    "a backend 'first' is registered already",
  );
});

it('takes a name again when its backend was removed, without a warning', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  registerDeviceBackend('first', hostDevice());
  tf.removeBackend('first');
  const device = hostDevice();
  registerDeviceBackend('first', device);
  await tf.setBackend('first');
  expect([...tf.fill([2], 1).dataSync()]).toEqual([1, 1]);
  expect(device.calls).toContain('launch fill_float');
  expect(warn).not.toHaveBeenCalled();
});
