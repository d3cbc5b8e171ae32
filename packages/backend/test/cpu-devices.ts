/**
 * The CPU devices, whose packages need this one and so can't be needed by it: they are loaded by their place in the repository.
 * The native one is left out where its library isn't built, unless SPARSE_TEST_ENGINES demands it: then its tests fail.
 */
import { existsSync } from 'node:fs';
import type { Device } from '../src/index.ts';

/** Starts a device with so many threads. */
export type CreateDevice = (options: { threads: number }) => Promise<Device>;

const load = (path: string) => import(new URL(path, import.meta.url).href);

const wasm: { createWasmDevice: CreateDevice } = await load('../../device-wasm/src/index.ts');
const native: { createNativeDevice: CreateDevice } = await load('../../device-native/src/index.ts');

const library = new URL(`../../device-native/lib/${process.platform}-${process.arch}/`, import.meta.url);
const isDemanded = (process.env['SPARSE_TEST_ENGINES'] ?? '').split(',').includes('native');

/** Those of this machine, by name. */
export const cpuDevices: readonly [name: string, create: CreateDevice][] = [
  ['wasm', wasm.createWasmDevice],
  ...(isDemanded || existsSync(library)
    ? [['native', native.createNativeDevice] as [string, CreateDevice]]
    : []),
];
