/** WebAssembly: the stock backend of TensorFlow.js, with SIMD where the machine has it. */

import { env } from '@tensorflow/tfjs-core';
import type { StartedEngine } from './engine.ts';
import { brokenEngine, type EngineNeed, loadEnginePackage } from './engine-package.ts';
import type { LoadPackage } from './load-package.ts';
import { nodeModule } from './node-module.ts';
import { withoutEmscriptenListeners } from './process-listeners.ts';
import { readProperty, readVersion } from './read-property.ts';
import { startBackend } from './start-backend.ts';

type WasmPackage = Pick<
  typeof import('@tensorflow/tfjs-backend-wasm'),
  'setWasmPaths' | 'getThreadsCount' | 'version_wasm'
>;

const need: EngineNeed = {
  engine: 'wasm',
  packages: ['@tensorflow/tfjs-backend-wasm'],
  wayOut: 'Install it with: npm install @tensorflow/tfjs-backend-wasm@4.22.0',
};

/** Starts the `wasm` backend from the package's own files. */
export async function startWasm(loadPackage: LoadPackage): Promise<StartedEngine> {
  const { exports: wasm, folder, name } = await loadEnginePackage(need, loadPackage);
  if (!isWasmPackage(wasm)) throw brokenEngine(need, `${name} has no setWasmPaths`);
  nameFiles(wasm, folder);
  await withoutEmscriptenListeners(() => startBackend(need, 'wasm'));
  const version = readVersion(wasm, 'version_wasm');
  const threads = await threadCount(wasm);
  return {
    name: 'wasm',
    backendName: 'wasm',
    version,
    description: `${name} ${version}: WebAssembly ${await simdWords()}, ${threadWords(threads)}`,
    threads,
  };
}

/** In Node the .wasm files are the package's own, also when the program is bundled; in browsers the page says. */
function nameFiles(wasm: WasmPackage, folder: string): void {
  const path = nodeModule('node:path');
  if (path === null) return;
  try {
    wasm.setWasmPaths(path.join(folder, 'dist') + path.sep);
  } catch (cause) {
    throw brokenEngine(need, 'a start failed before, and it can be tried only once in a process', cause);
  }
}

function isWasmPackage(value: unknown): value is WasmPackage {
  return typeof readProperty(value, 'setWasmPaths') === 'function';
}

/** The package starts threads in browsers that share memory between workers, never in Node. */
async function threadCount(wasm: WasmPackage): Promise<number> {
  const threaded = await env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
  return threaded === true ? wasm.getThreadsCount() : 1;
}

function threadWords(threads: number): string {
  if (threads > 1) return `${threads} threads`;
  return nodeModule('node:os') === null ? 'one thread' : 'one thread (it starts no others in Node)';
}

/** The backend picks the file by this same flag. */
async function simdWords(): Promise<string> {
  return (await env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true ? 'with SIMD' : 'without SIMD';
}
