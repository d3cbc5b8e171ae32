import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { availableEngines, describeEngines, useEngine } from '../src/index.ts';
import { cpuPackage, only } from './packages.ts';

it('reports on every engine once', async () => {
  const reports = await describeEngines({ loadPackage: only({}) });
  expect(reports.map((report) => report.name)).toEqual([
    'cuda',
    'native',
    'wasm',
    'webgpu',
    'tensorflow',
    'cpu',
  ]);
});

it('says of an engine that runs what it is', async () => {
  const reports = await describeEngines({
    loadPackage: only({ '@tensorflow/tfjs-backend-cpu': await cpuPackage() }),
  });
  expect(reports.at(-1)).toEqual({
    name: 'cpu',
    runs: true,
    words: '@tensorflow/tfjs-backend-cpu 4.22.0: plain JavaScript, one thread',
  });
});

it('says of an engine that does not run what is missing', async () => {
  const reports = await describeEngines({ loadPackage: only({}) });
  expect(reports.at(-1)).toEqual({
    name: 'cpu',
    runs: false,
    words: expect.stringContaining(
      "Engine 'cpu': it needs @tensorflow/tfjs-backend-cpu, which isn't installed",
    ),
  });
});

it('leaves the active backend as it was', async () => {
  await useEngine('wasm');
  await describeEngines();
  expect(tf.getBackend()).toBe('sparse-wasm');
});

it('lists the engines that run', async () => {
  expect(await availableEngines()).toEqual(expect.arrayContaining(['wasm', 'cpu']));
});

it('lists no engine whose package is missing', async () => {
  expect(await availableEngines({ loadPackage: only({}) })).toEqual([]);
});
