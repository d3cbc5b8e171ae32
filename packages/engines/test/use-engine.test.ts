import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineNames, useEngine } from '../src/index.ts';
import { cpuPackage, only } from './packages.ts';
import { refusal } from './refusal.ts';

const runnable = 'native, wasm, webgpu, tensorflow, cpu';

describe('an engine asked for by name', () => {
  for (const [name, backendName, packageName] of [
    ['cpu', 'cpu', '@tensorflow/tfjs-backend-cpu 4.22.0'],
    ['wasm', 'sparse-wasm', '@sparse-transformers/device-wasm 0.0.0'],
  ] as const) {
    it(`${name} becomes the active backend`, async () => {
      const engine = await useEngine(name);
      expect([engine.name, engine.backendName, tf.getBackend()]).toEqual([name, backendName, backendName]);
    });

    it(`${name} says that it was asked for`, async () => {
      expect((await useEngine(name)).reason).toBe('asked for by name');
    });

    it(`${name} names its package and version`, async () => {
      expect((await useEngine(name)).description).toContain(`${packageName}: `);
    });

    it(`${name} leaves no tensor behind`, async () => {
      const before = tf.memory().numTensors;
      await useEngine(name);
      expect(tf.memory().numTensors).toBe(before);
    });
  }

  it('is not replaced by another when its package is missing', async () => {
    await useEngine('cpu');
    await refusal('wasm', { loadPackage: only({}) });
    expect(tf.getBackend()).toBe('cpu');
  });
});

describe('a refusal', () => {
  for (const [name, packageName, command] of [
    ['cpu', '@tensorflow/tfjs-backend-cpu', 'npm install @tensorflow/tfjs-backend-cpu@4.22.0'],
    ['wasm', '@sparse-transformers/device-wasm', 'npm install @sparse-transformers/engines'],
    ['native', '@sparse-transformers/device-native', 'npm install @sparse-transformers/device-native'],
    [
      'tensorflow',
      '@tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node',
      'npm install @tensorflow/tfjs-node@4.22.0',
    ],
  ] as const) {
    it(`of ${name} names the package that is missing`, async () => {
      const error = await refusal(name, { loadPackage: only({}) });
      expect(error.message).toContain(`Engine '${name}': it needs ${packageName}, which isn't installed`);
    });

    it(`of ${name} says how to get it`, async () => {
      const error = await refusal(name, { loadPackage: only({}) });
      expect(error.message).toContain(command);
    });

    it(`of ${name} is marked as missing`, async () => {
      expect((await refusal(name, { loadPackage: only({}) })).problem).toBe('missing');
    });
  }

  it('of cuda says that this release has none, and which run', async () => {
    const error = await refusal('cuda');
    expect(error.message).toBe(`Engine 'cuda' is not in this release. Engines that can run: ${runnable}`);
  });

  it('of an unknown name tells the names that can run', async () => {
    const error = await refusal('gpu');
    expect(error.message).toBe(`Unknown engine 'gpu'. Expected auto or an engine that can run: ${runnable}`);
  });

  it('treats __proto__ as just a name', async () => {
    expect((await refusal('__proto__')).problem).toBe('unknown');
  });

  it('keeps the error of a package that does not load', async () => {
    const cause = new Error('libtensorflow.so.2: cannot open');
    const error = await refusal('tensorflow', { loadPackage: only({ '@tensorflow/tfjs-node': cause }) });
    expect([error.problem, error.cause]).toEqual(['broken', cause]);
  });

  it('tells the words of a package that does not load', async () => {
    const loadPackage = only({ '@tensorflow/tfjs-node': new Error('cannot open.') });
    const error = await refusal('tensorflow', { loadPackage });
    expect(error.message).toMatch(
      /^Engine 'tensorflow': @tensorflow\/tfjs-node doesn't load: cannot open\. Install/,
    );
  });

  for (const [name, packageName, create] of [
    ['wasm', '@sparse-transformers/device-wasm', 'createWasmDevice'],
    ['native', '@sparse-transformers/device-native', 'createNativeDevice'],
  ] as const) {
    it(`of ${name} tells a package that is another`, async () => {
      const loadPackage = only({ [packageName]: { exports: {}, folder: '/anywhere' } });
      expect((await refusal(name, { loadPackage })).message).toContain(`${packageName} has no ${create}`);
    });
  }

  it('tells a backend that nothing registered', async () => {
    const loadPackage = only({ '@tensorflow/tfjs-node': { exports: {}, folder: '/anywhere' } });
    const error = await refusal('tensorflow', { loadPackage });
    expect(error.message).toContain("TensorFlow.js could not start its backend 'tensorflow'");
  });
});

describe('auto', () => {
  beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));
  afterEach(() => void vi.restoreAllMocks());

  it('takes cpu when nothing else is installed', async () => {
    const loadPackage = only({ '@tensorflow/tfjs-backend-cpu': await cpuPackage() });
    expect((await useEngine('auto', { loadPackage })).name).toBe('cpu');
  });

  it('says which engines are not installed', async () => {
    const loadPackage = only({ '@tensorflow/tfjs-backend-cpu': await cpuPackage() });
    expect((await useEngine('auto', { loadPackage })).reason).toBe(
      'auto took cpu, the fastest that runs of native, wasm, tensorflow, cpu ' +
        "(native isn't installed; wasm isn't installed; tensorflow isn't installed)",
    );
  });

  it('says why it passed over an engine that is installed', async () => {
    const loadPackage = only({
      '@tensorflow/tfjs-node': new Error('no addon'),
      '@tensorflow/tfjs-backend-cpu': await cpuPackage(),
    });
    expect((await useEngine('auto', { loadPackage })).reason).toContain("tfjs-node doesn't load: no addon");
  });

  it('tells everything that is missing when nothing runs', async () => {
    const { message } = await refusal('auto', { loadPackage: only({}) });
    expect(message.split('\n').map((line) => line.slice(0, 18))).toEqual([
      'No engine can run:',
      "- Engine 'native':",
      "- Engine 'wasm': i",
      "- Engine 'tensorfl",
      "- Engine 'cpu': it",
    ]);
  });
});

describe('SPARSE_TENSORFLOW_HOME', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('is named in the error when its folder holds no engine', async () => {
    vi.stubEnv('SPARSE_TENSORFLOW_HOME', '/no/such/folder');
    expect((await refusal('tensorflow')).message).toContain(
      "SPARSE_TENSORFLOW_HOME is '/no/such/folder', where",
    );
  });
});

it('engineNames lists every name of a command line', () => {
  expect(engineNames).toEqual(['auto', 'cuda', 'native', 'wasm', 'webgpu', 'tensorflow', 'cpu']);
});
