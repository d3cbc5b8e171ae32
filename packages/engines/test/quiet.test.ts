import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import { useEngine } from '../src/index.ts';
import { cpuPackage, only } from './packages.ts';

it('starting engines one after another prints no warning of TensorFlow.js', async () => {
  const built = fileURLToPath(new URL('../../../.cache/tensorflow-engine', import.meta.url));
  if (existsSync(built)) vi.stubEnv('SPARSE_TENSORFLOW_HOME', built);
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await useEngine('cpu');
  tf.scalar(1).dispose();
  await useEngine('wasm');
  await useEngine('auto');
  expect(warn.mock.calls).toEqual([]);
});

it("TensorFlow.js's own warnings are back afterwards", async () => {
  await useEngine('cpu');
  expect(tf.env().getBool('PROD')).toBe(false);
});

it('auto says on the console, once, that plain JavaScript computes, and why; another engine says nothing', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const loadPackage = only({ '@tensorflow/tfjs-backend-cpu': await cpuPackage() });
  await useEngine('cpu', { loadPackage });
  await useEngine('auto');
  expect(warn.mock.calls).toEqual([]);
  const { reason } = await useEngine('auto', { loadPackage });
  await useEngine('auto', { loadPackage });
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/^Plain JavaScript computes here/)]]);
  expect(warn.mock.calls[0]![0]).toContain(reason);
});
