/** WebAssembly with SIMD and threads: our own backend, in Node and in browsers; nothing to install or build. */
import { type CreateDevice, startDevice } from './device-engine.ts';
import type { StartedEngine, StartOptions } from './engine.ts';
import { brokenEngine, type EngineNeed, loadEnginePackage } from './engine-package.ts';
import { readProperty } from './read-property.ts';

const need: EngineNeed = {
  engine: 'wasm',
  packages: ['@sparse-transformers/device-wasm'],
  wayOut:
    'It comes with @sparse-transformers/engines and needs WebAssembly with SIMD, which Node 20.19 and all newer browsers have; ' +
    'install it again with: npm install @sparse-transformers/engines',
};

/** Starts the backend `sparse-wasm`. */
export async function startWasm(options: StartOptions): Promise<StartedEngine> {
  const loaded = await loadEnginePackage(need, options.loadPackage);
  const create = readProperty(loaded.exports, 'createWasmDevice');
  if (typeof create !== 'function') throw brokenEngine(need, `${loaded.name} has no createWasmDevice`);
  return startDevice({ name: 'wasm', need, loaded, create: create as CreateDevice }, options);
}
