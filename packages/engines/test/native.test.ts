/** A library that isn't sound, or isn't there. That the engine computes, the conformance suites show. */
import { expect, it, vi } from 'vitest';
import { type LoadPackage, useEngine } from '../src/index.ts';
import { cpuPackage, only } from './packages.ts';
import { refusal } from './refusal.ts';

/** Only cpu and native are installed, and this is what the package of native finds of its library. */
async function installed(probe: object): Promise<{ loadPackage: LoadPackage }> {
  const exports = { createNativeDevice: failing, probeNativeDevice: () => probe };
  return {
    loadPackage: only({
      '@sparse-transformers/device-native': { exports, folder: '' },
      '@tensorflow/tfjs-backend-cpu': await cpuPackage(),
    }),
  };
}

async function failing(): Promise<never> {
  throw new Error('loaded, though it crashes');
}

const crashing = { works: false, problem: 'broken', reason: 'It was ended by SIGILL.' };

it('auto does not load a library that crashed when it was tried', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const engine = await useEngine('auto', await installed(crashing));
  vi.restoreAllMocks();
  expect([engine.name, engine.reason]).toEqual([
    'cpu',
    expect.stringContaining(
      "(Engine 'native': It was ended by SIGILL. The engine wasm needs no library; wasm isn't",
    ),
  ]);
});

it('asked for by name, a library that crashed when it was tried is not loaded either', async () => {
  expect(await refusal('native', await installed(crashing))).toMatchObject({
    problem: 'broken',
    message: "Engine 'native': It was ended by SIGILL. The engine wasm needs no library",
  });
});

it('tells the words of a device that does not start, though its library works', async () => {
  expect(await refusal('native', await installed({ works: true }))).toMatchObject({
    problem: 'broken',
    message: "Engine 'native': it doesn't start: loaded, though it crashes. The engine wasm needs no library",
  });
});

it('without a library for this machine it is missing, and the way out is its package tells', async () => {
  const reason = 'no library for plan9-mips. Build it: node build.mjs.';
  expect(
    await refusal('native', await installed({ works: false, problem: 'missing', reason })),
  ).toMatchObject({
    problem: 'missing',
    message:
      "Engine 'native': no library for plan9-mips. Build it: node build.mjs. The engine wasm needs no library",
  });
});
