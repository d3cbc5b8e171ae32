/** The kernels as a library of the machine: our own backend at full speed, under Node. */
import type { NativeDeviceOptions } from '@sparse-transformers/device-native';
import { startDevice } from './device-engine.ts';
import type { StartedEngine, StartOptions } from './engine.ts';
import { brokenEngine, type EngineNeed, loadEnginePackage, missingEngine } from './engine-package.ts';
import { nodeModule } from './node-module.ts';
import { readProperty } from './read-property.ts';

const need: EngineNeed = {
  engine: 'native',
  packages: ['@sparse-transformers/device-native'],
  wayOut:
    'Install it with: npm install @sparse-transformers/device-native, which has a library for Linux on x86-64, and builds one elsewhere; ' +
    'the engine wasm needs none',
};

/** When the package is there and the library isn't sound: its own words say how to build it. */
const libraryNeed: EngineNeed = { ...need, wayOut: 'The engine wasm needs no library' };

/** What the package exports. */
type NativePackage = typeof import('@sparse-transformers/device-native');

/** Starts the backend `sparse-native`. Its library is tried in another process first: a crash here would end the program without a word. */
export async function startNative(options: StartOptions): Promise<StartedEngine> {
  if (nodeModule('node:os') === null)
    throw missingEngine(libraryNeed, 'it loads a library, which no browser can');
  const loaded = await loadEnginePackage(need, options.loadPackage);
  const { exports } = loaded;
  if (!isNativePackage(exports)) throw brokenEngine(need, `${loaded.name} has no createNativeDevice`);
  const create: NativePackage['createNativeDevice'] = async (settings) => createDevice(exports, settings);
  return startDevice({ name: 'native', need: libraryNeed, loaded, create }, options);
}

function isNativePackage(value: unknown): value is NativePackage {
  return typeof readProperty(value, 'createNativeDevice') === 'function';
}

/** No library for this machine is as if the package weren't there. */
function createDevice(
  { createNativeDevice, probeNativeDevice }: NativePackage,
  settings?: NativeDeviceOptions,
) {
  const probe = probeNativeDevice();
  if (probe.works) return createNativeDevice(settings);
  const refuse = probe.problem === 'missing' ? missingEngine : brokenEngine;
  throw refuse(libraryNeed, probe.reason.replace(/\.$/, ''));
}
