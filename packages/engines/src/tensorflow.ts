/** TensorFlow's own library under Node: @tensorflow/tfjs-node-gpu, or @tensorflow/tfjs-node. */

import { backend } from '@tensorflow/tfjs-core';
import type { StartedEngine, StartOptions } from './engine.ts';
import { type EngineNeed, loadEnginePackage } from './engine-package.ts';
import { TENSORFLOW_HOME, tensorFlowPackages } from './load-package.ts';
import { nodeModule } from './node-module.ts';
import { readProperty, readVersion } from './read-property.ts';
import { startBackend } from './start-backend.ts';

const LOG_LEVEL = 'TF_CPP_MIN_LOG_LEVEL';
const THREADS = 'TF_NUM_INTRAOP_THREADS';

const need: EngineNeed = {
  engine: 'tensorflow',
  packages: tensorFlowPackages,
  wayOut:
    'Install one with: npm install @tensorflow/tfjs-node@4.22.0 (or tfjs-node-gpu, with CUDA 11.2); where its ' +
    'download fails, build it with tools/tensorflow-engine/build.sh of the sparse-transformers repository and ' +
    `set the environment variable ${TENSORFLOW_HOME} to the folder it prints`,
};

/** Starts the `tensorflow` backend. */
export async function startTensorFlow({ loadPackage, threads: asked }: StartOptions): Promise<StartedEngine> {
  addWhatNodeRemoved();
  setBeforeLoading(LOG_LEVEL, '2'); // Errors only.
  if (asked !== undefined) setBeforeLoading(THREADS, String(asked));
  const loaded = await loadEnginePackage(need, loadPackage);
  await startBackend(need, 'tensorflow');
  const version = readVersion(loaded.exports, 'version', 'tfjs-node');
  const library = readVersion(backend(), 'binding', 'TF_Version');
  const threads = threadCount();
  return {
    name: 'tensorflow',
    backendName: 'tensorflow',
    version,
    description: `${loaded.name} ${version}: libtensorflow ${library}, ${device(threads)}, from ${loaded.folder}`,
    threads,
    composed: 'all',
  };
}

/** tfjs-node 4.22.0 calls two functions that Node 23 took away. */
function addWhatNodeRemoved(): void {
  const util = nodeModule('node:util');
  if (util === null) return;
  if (!('isNullOrUndefined' in util))
    Object.assign(util, { isNullOrUndefined: (value: unknown) => value == null });
  if (!('isArray' in util)) Object.assign(util, { isArray: Array.isArray });
}

/** TensorFlow's library reads its variables when it loads; what the user has set stays. */
function setBeforeLoading(variable: string, value: string): void {
  const environment = globalThis.process?.env;
  if (environment !== undefined) environment[variable] ??= value;
}

/** TensorFlow takes TF_NUM_INTRAOP_THREADS, else every core the process may use. */
function threadCount(): number {
  const asked = Number(globalThis.process?.env[THREADS]);
  if (Number.isSafeInteger(asked) && asked > 0) return asked;
  return nodeModule('node:os')?.availableParallelism() ?? 1;
}

function device(threads: number): string {
  if (readProperty(backend(), 'isUsingGpuDevice') === true) return 'on a GPU';
  return `on the CPU, ${threads} thread${threads === 1 ? '' : 's'}`;
}
