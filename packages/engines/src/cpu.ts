import { findBackendFactory, registerBackend, scalar } from '@tensorflow/tfjs-core';
import type { StartedEngine, StartOptions } from './engine.ts';
import { type EngineNeed, loadEnginePackage } from './engine-package.ts';
import { readProperty, readVersion } from './read-property.ts';
import { startBackend } from './start-backend.ts';
import { withoutWarnings } from './without-warnings.ts';

const need: EngineNeed = {
  engine: 'cpu',
  packages: ['@tensorflow/tfjs-backend-cpu'],
  wayOut: 'Install it with: npm install @tensorflow/tfjs-backend-cpu@4.22.0',
};

/** Plain JavaScript: runs everywhere, slowly. */
export async function startCpu({ loadPackage }: StartOptions): Promise<StartedEngine> {
  const loaded = await loadEnginePackage(need, loadPackage);
  registerUnlessThere(loaded.exports);
  await withoutWarnings(() => startAndUse());
  const version = readVersion(loaded.exports, 'version_cpu');
  return {
    name: 'cpu',
    backendName: 'cpu',
    version,
    description: `${loaded.name} ${version}: plain JavaScript, one thread`,
    threads: 1,
    composed: 'all',
  };
}

/** The package registers its backend once, when it is loaded; a program may have removed it. */
function registerUnlessThere(exports: unknown): void {
  if (findBackendFactory('cpu') !== null) return;
  const Backend = readProperty(exports, 'MathBackendCPU');
  if (typeof Backend === 'function') registerBackend('cpu', () => Reflect.construct(Backend, []));
}

/** At its first tensor the backend prints an advertisement for tfjs-node; here that tensor is made in silence. */
async function startAndUse(): Promise<void> {
  await startBackend(need, 'cpu');
  scalar(0).dispose();
}
