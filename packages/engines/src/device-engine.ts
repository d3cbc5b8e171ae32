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

/** Starts in progress, and the threads that were asked for: an engine is started once in a process. */
const starts = new Map<string, { readonly threads: number | undefined; readonly device: Promise<Device> }>();

/** Makes the engine's backend TensorFlow.js's active one; starts it at the first call. */
export async function startDevice(
  engine: DeviceEngine,
  { threads }: Pick<StartOptions, 'threads'>,
): Promise<StartedEngine> {
  const backendName = `sparse-${engine.name}`;
  const device = runningDevice(backendName) ?? (await firstStart(engine, backendName, threads));
  checkThreads(engine, device.threads, threads);
  await startBackend(engine.need, backendName);
  const version = versionIn(engine.loaded.folder) ?? 'unknown version';
  return {
    name: engine.name,
    backendName,
    version,
    description: `${engine.loaded.name} ${version}: ${device.description}`,
    threads: device.threads,
  };
}

/** The device of a backend that is registered; another copy of this package may have done it. */
function runningDevice(backendName: string): Device | undefined {
  return readProperty(findBackend(backendName), 'device') as Device | undefined;
}

async function firstStart(
  engine: DeviceEngine,
  backendName: string,
  threads: number | undefined,
): Promise<Device> {
  const start = starts.get(backendName) ?? { threads, device: register(engine, backendName, threads) };
  starts.set(backendName, start);
  try {
    return await start.device;
  } catch (cause) {
    starts.delete(backendName);
    throw brokenEngine(engine.need, `it doesn't start${detail(cause)}`, cause);
  }
}

async function register(
  engine: DeviceEngine,
  backendName: string,
  threads: number | undefined,
): Promise<Device> {
  const device = await engine.create(threads === undefined ? {} : { threads });
  await withoutWarnings(async () => {
    const { registerDeviceBackend } = await import('@sparse-transformers/backend');
    registerDeviceBackend(backendName, device);
  });
  return device;
}

/** A machine may give fewer threads than were asked for; asking for the same again is no conflict. */
function checkThreads({ name }: DeviceEngine, running: number, asked: number | undefined): void {
  if (asked === undefined || asked === running || asked === starts.get(`sparse-${name}`)?.threads) return;
  const message =
    `Engine '${name}' runs already in this process, with ${running} thread${running === 1 ? '' : 's'}; ` +
    `${asked} can't be had any more. Say how many the first time it is used`;
  throw new EngineError(name, 'running', message);
}
