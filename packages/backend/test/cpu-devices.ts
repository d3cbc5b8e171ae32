/**
 * The CPU devices, whose packages need this one and so can't be needed by it: they are loaded by their place in the repository.
 */
import type { Device } from '../src/index.ts';

/** Starts a device with so many threads. */
export type CreateDevice = (options: { threads: number }) => Promise<Device>;

const load = (path: string) => import(new URL(path, import.meta.url).href);

const wasm: { createWasmDevice: CreateDevice } = await load('../../device-wasm/src/index.ts');
const native: { createNativeDevice: CreateDevice } = await load('../../device-native/src/index.ts');

/** Both, by name. */
export const cpuDevices: readonly [name: string, create: CreateDevice][] = [
  ['wasm', wasm.createWasmDevice],
  ['native', native.createNativeDevice],
];
