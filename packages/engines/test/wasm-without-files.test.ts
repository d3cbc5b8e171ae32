import { expect, it, vi } from 'vitest';
import { useEngine } from '../src/index.ts';
import { only } from './packages.ts';

/** A package whose files are gone. It stands in a file of its own: a failed start lasts for the process. */
async function startWithoutFiles(): Promise<unknown> {
  const exports: unknown = await import('@tensorflow/tfjs-backend-wasm');
  const loadPackage = only({ '@tensorflow/tfjs-backend-wasm': { exports, folder: '/no/such/folder' } });
  return useEngine('wasm', { loadPackage }).catch((error: unknown) => error);
}

it('a package without its files is an EngineError, the first and every other time', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
  expect(await startWithoutFiles()).toMatchObject({ problem: 'broken', engine: 'wasm' });
  expect(await startWithoutFiles()).toMatchObject({
    message: expect.stringContaining('a start failed before, and it can be tried only once in a process'),
  });
});
