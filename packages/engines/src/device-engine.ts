/** Our own engines: one TensorFlow.js backend, over the device that a package brings. */
import type { Device } from '@sparse-transformers/backend';
import { findBackend } from '@tensorflow/tfjs-core';
import type { StartedEngine, StartOptions } from './engine.ts';
import { EngineError } from './engine-error.ts';
import { brokenEngine, detail, type EngineNeed } from './engine-package.ts';
import { type LoadedPackage, versionIn } from './load-package.ts';
import { readProperty } from './read-property.ts';
import { startBackend } from './start-backend.ts';
import { withoutWarnings } from './without-warnings.ts';

/** How a device is made. */
export type CreateDevice = (options: { threads?: number }) => Promise<Device>;

/** An engine over a device. */
export interface DeviceEngine {
  /** The engine's name; its backend is `sparse-` and this. */
  readonly name: 'native' | 'wasm';
  /** What it needs. */
  readonly need: EngineNeed;
  /** The package that brings the device, loaded. */
  readonly loaded: LoadedPackage & { readonly name: string };
  /** Makes the device. */
  readonly create: CreateDevice;
}

type Settings = Pick<StartOptions, 'threads' | 'fallbacks'>;

/** What was asked for when a device was started. */
const settingsOf = new WeakMap<Device, Settings>();

/** Backends that are being started; those that have started are in TensorFlow.js's registry, from which a program may take them. */
const starting = new Map<string, Promise<Device>>();

/** Makes the engine's backend TensorFlow.js's active one; starts it at the first call, and after it was removed. */
export async function startDevice(engine: DeviceEngine, settings: Settings): Promise<StartedEngine> {
  const backendName = `sparse-${engine.name}`;
  const device = runningDevice(backendName) ?? (await startOnce(engine, backendName, settings));
  checkSettings(engine, device, settings);
  await startBackend(engine.need, backendName);
  const version = versionIn(engine.loaded.folder);
  const { composedOps } = await import('@sparse-transformers/backend');
  return {
    name: engine.name,
    backendName,
    version: version ?? 'unknown version',
    description: `${engine.loaded.name}${version === null ? '' : ` ${version}`}: ${device.description}`,
    threads: device.threads,
    composed: [...composedOps(device).keys()],
  };
}

/** The device of a backend that is registered; another copy of this package may have done it. */
function runningDevice(backendName: string): Device | undefined {
  return readProperty(findBackend(backendName), 'device') as Device | undefined;
}

async function startOnce(engine: DeviceEngine, backendName: string, settings: Settings): Promise<Device> {
  const start = starting.get(backendName) ?? register(engine, backendName, settings);
  starting.set(backendName, start);
  try {
    return await start;
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    // What the machine lacks is not mended by installing.
    const [fact, wayOut] = [readProperty(cause, 'fact'), readProperty(cause, 'wayOut')];
    if (typeof fact === 'string' && typeof wayOut === 'string')
      throw brokenEngine({ ...engine.need, wayOut }, `it doesn't start: ${fact}`, cause);
    throw brokenEngine(engine.need, `it doesn't start${detail(cause)}`, cause);
  } finally {
    starting.delete(backendName);
  }
}

async function register(engine: DeviceEngine, backendName: string, settings: Settings): Promise<Device> {
  const { threads, fallbacks } = settings;
  const device = await engine.create(threads === undefined ? {} : { threads });
  settingsOf.set(device, settings);
  await withoutWarnings(async () => {
    const { registerDeviceBackend } = await import('@sparse-transformers/backend');
    registerDeviceBackend(backendName, device, fallbacks === undefined ? {} : { fallbacks });
  });
  return device;
}

/** A machine may give fewer threads than were asked for; asking for the same again is no conflict. */
function checkSettings({ name }: DeviceEngine, device: Device, { threads, fallbacks }: Settings): void {
  const first = settingsOf.get(device);
  const { threads: running } = device;
  if (threads !== undefined && threads !== running && threads !== first?.threads)
    refuse(name, `${running} thread${running === 1 ? '' : 's'}, not ${threads}`);
  const mode = first?.fallbacks ?? 'warn';
  if (fallbacks !== undefined && fallbacks !== mode) refuse(name, `fallbacks '${mode}', not '${fallbacks}'`);
}

function refuse(name: string, difference: string): never {
  const message = `Engine '${name}' runs already in this process, with ${difference}. Options hold from the first use on: give them there`;
  throw new EngineError(name, 'running', message);
}
