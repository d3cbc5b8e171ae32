/** The kernels as a library of the machine: our own backend at full speed, under Node. */
import { type CreateDevice, startDevice } from './device-engine.ts';
import type { StartedEngine, StartOptions } from './engine.ts';
import { brokenEngine, type EngineNeed, loadEnginePackage, missingEngine } from './engine-package.ts';
import { nodeModule } from './node-module.ts';
import { readProperty } from './read-property.ts';

const need: EngineNeed = {
  engine: 'native',
  packages: ['@sparse-transformers/device-native'],
  wayOut:
    'Install it with: npm install @sparse-transformers/device-native. It has a library for Linux on x86-64; elsewhere, with a C compiler: ' +
    'node node_modules/@sparse-transformers/device-native/build.mjs. The engine wasm needs neither',
};

/** What the package exports. */
type NativePackage = typeof import('@sparse-transformers/device-native');

/** Starts the backend `sparse-native`. Unless it was asked for by name, it is tried in another process first. */
export async function startNative({ loadPackage, threads }: StartOptions): Promise<StartedEngine> {
  if (nodeModule('node:os') === null) throw missingEngine(need, 'it loads a library, which no browser can');
  const loaded = await loadEnginePackage(need, loadPackage);
  const { exports } = loaded;
  if (!isNativePackage(exports)) throw brokenEngine(need, `${loaded.name} has no createNativeDevice`);
  const create: CreateDevice = (options) => exports.createNativeDevice(options);
  return startDevice({ name: 'native', need, loaded, create }, { threads });
}

function isNativePackage(value: unknown): value is NativePackage {
  return typeof readProperty(value, 'createNativeDevice') === 'function';
}
