/** The facts that every device must satisfy, on each way in which this one can run. */
import { deviceConformance } from '@sparse-transformers/backend/device-conformance';
import { describe, it } from 'vitest';
import { createWasmDevice, type WasmDeviceOptions } from '../src/index.ts';

const ways: Record<string, WasmDeviceOptions> = {
  'one thread': { threads: 1 },
  'two threads': { threads: 2 },
  'two threads, checked': { threads: 2, debug: true },
};

describe.each(Object.entries(ways))('the wasm device with %s', (_, options) => {
  for (const { name, run } of deviceConformance(() => createWasmDevice(options))) it(name, run);
});
