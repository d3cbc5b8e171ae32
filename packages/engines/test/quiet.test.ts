import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import { useEngine } from '../src/index.ts';

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
