import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EngineError, type EngineName, type EngineOptions, engineNames, useEngine } from '../src/index.ts';
import { cpuPackage, only } from './packages.ts';

/** The error of an engine that must not start. */
async function refusal(name: string, options?: EngineOptions): Promise<EngineError> {
  const error = await useEngine(name as EngineName, options).then(
    (engine) => new Error(`${engine.name} started`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof EngineError)) throw error;
  return error;
}

describe('an engine asked for by name', () => {
  for (const name of ['cpu', 'wasm'] as const) {
    it(`${name} becomes the active backend`, async () => {
      const engine = await useEngine(name);
      expect([engine.name, engine.backendName, tf.getBackend()]).toEqual([name, name, name]);
    });

    it(`${name} multiplies matrices`, async () => {
      await useEngine(name);
      const product = tf.tidy(() =>
        tf.matMul(
          tf.tensor2d([
            [1, 2],
            [3, 4],
          ]),
          tf.tensor2d([
            [5, 6],
            [7, 8],
          ]),
        ),
      );
      expect([...product.dataSync()]).toEqual([19, 22, 43, 50]);
      product.dispose();
    });

    it(`${name} says that it was asked for`, async () => {
      expect((await useEngine(name)).reason).toBe('asked for by name');
    });

    it(`${name} names its package and version`, async () => {
      expect((await useEngine(name)).description).toContain(`@tensorflow/tfjs-backend-${name} 4.22.0: `);
    });

    it(`${name} leaves no tensor behind`, async () => {
      const before = tf.memory().numTensors;
      await useEngine(name);
      expect(tf.memory().numTensors).toBe(before);
    });
  }

  it('can be asked for twice', async () => {
    await useEngine('wasm');
    expect((await useEngine('wasm')).name).toBe('wasm');
  });

  it('is not replaced by another when its package is missing', async () => {
    await useEngine('cpu');
    await refusal('wasm', { loadPackage: only({}) });
    expect(tf.getBackend()).toBe('cpu');
  });
});

describe('a refusal', () => {
  for (const [name, packageName] of [
    ['cpu', '@tensorflow/tfjs-backend-cpu'],
    ['wasm', '@tensorflow/tfjs-backend-wasm'],
    ['tensorflow', '@tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node'],
  ] as const) {
    it(`of ${name} names the package that is missing`, async () => {
      const error = await refusal(name, { loadPackage: only({}) });
      expect(error.message).toContain(`Engine '${name}' needs ${packageName}, which isn't installed`);
    });

    it(`of ${name} says how to get it`, async () => {
      const error = await refusal(name, { loadPackage: only({}) });
      expect(error.message).toMatch(/npm install @tensorflow\/tfjs-\S+@4\.22\.0/);
    });

    it(`of ${name} is marked as missing`, async () => {
      expect((await refusal(name, { loadPackage: only({}) })).problem).toBe('missing');
    });
  }

  for (const name of ['native', 'webgpu', 'cuda']) {
    it(`of ${name} says that this release has none, and which run`, async () => {
      const error = await refusal(name);
      expect(error.message).toBe(
        `Engine '${name}' is not in this release. Engines that can run: tensorflow, wasm, cpu`,
      );
    });
  }

  it('of an unknown name tells the names that can run', async () => {
    const error = await refusal('gpu');
    expect(error.message).toBe(
      "Unknown engine 'gpu'. Expected auto or an engine that can run: tensorflow, wasm, cpu",
    );
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

  it('of wasm tells a package that is another', async () => {
    const error = await refusal('wasm', {
      loadPackage: only({ '@tensorflow/tfjs-backend-wasm': { exports: {}, folder: '/anywhere' } }),
    });
    expect(error.message).toContain('@tensorflow/tfjs-backend-wasm has no setWasmPaths');
  });

  it('tells a backend that nothing registered', async () => {
    const loadPackage = only({ '@tensorflow/tfjs-node': { exports: {}, folder: '/anywhere' } });
    const error = await refusal('tensorflow', { loadPackage });
    expect(error.message).toContain("TensorFlow.js could not start its backend 'tensorflow'");
  });
});

describe('auto', () => {
  it('takes cpu when nothing else is installed', async () => {
    const loadPackage = only({ '@tensorflow/tfjs-backend-cpu': await cpuPackage() });
    expect((await useEngine('auto', { loadPackage })).name).toBe('cpu');
  });

  it('says which engines are not installed', async () => {
    const loadPackage = only({ '@tensorflow/tfjs-backend-cpu': await cpuPackage() });
    expect((await useEngine('auto', { loadPackage })).reason).toBe(
      "auto took cpu, the first that runs of tensorflow, wasm, cpu (tensorflow isn't installed; wasm isn't installed)",
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
      "- Engine 'tensorfl",
      "- Engine 'wasm' ne",
      "- Engine 'cpu' nee",
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
