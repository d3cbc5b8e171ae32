/** A library that isn't sound, or isn't there. That the engine computes, the conformance suites show. */
import { expect, it } from 'vitest';
import { type LoadPackage, useEngine } from '../src/index.ts';
import { cpuPackage, only } from './packages.ts';
import { refusal } from './refusal.ts';

class NativeLibraryError extends Error {}

/** Only cpu and native are installed, and this is what the package of native exports besides. */
async function installed(exports: object): Promise<{ loadPackage: LoadPackage }> {
  const native = { exports: { createNativeDevice: failing, NativeLibraryError, ...exports }, folder: '' };
  const cpu = await cpuPackage();
  return {
    loadPackage: only({
      '@sparse-transformers/device-native': native,
      '@tensorflow/tfjs-backend-cpu': cpu,
    }),
  };
}

async function failing(): Promise<never> {
  throw new Error('loaded, though it crashes');
}

it('auto does not load a library that crashed when it was tried', async () => {
  const probeNativeDevice = () => ({ works: false, reason: 'It was ended by SIGILL.' });
  const engine = await useEngine('auto', await installed({ probeNativeDevice }));
  expect([engine.name, engine.reason]).toEqual([
    'cpu',
    expect.stringContaining(
      "(Engine 'native': It was ended by SIGILL. The engine wasm needs no library; wasm isn't",
    ),
  ]);
});

it('asked for by name, it is not tried first', async () => {
  const probeNativeDevice = () => expect.fail('it was tried');
  expect(await refusal('native', await installed({ probeNativeDevice }))).toMatchObject({
    problem: 'broken',
    message: "Engine 'native': it doesn't start: loaded, though it crashes. The engine wasm needs no library",
  });
});

it('without a library for this machine it is missing, and the way out is its package tells', async () => {
  const createNativeDevice = async () => {
    throw new NativeLibraryError('no library for plan9-mips. Build it: node build.mjs');
  };
  expect(await refusal('native', await installed({ createNativeDevice }))).toMatchObject({
    problem: 'missing',
    message:
      "Engine 'native': it has no library that loads here: no library for plan9-mips. Build it: node build.mjs. " +
      'The engine wasm needs no library',
  });
});
