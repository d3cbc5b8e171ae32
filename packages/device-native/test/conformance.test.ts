/** The facts that every device must satisfy, with every set of instructions of this machine. */
import { deviceConformance } from '@sparse-transformers/backend/device-conformance';
import { describe, it } from 'vitest';
import { createNativeDevice, type NativeDeviceOptions } from '../src/index.ts';
import { libraryIsBuilt } from './package-copy.ts';

const ways: Record<string, NativeDeviceOptions> = {
  'one thread': { threads: 1 },
  'two threads': { threads: 2 },
  'four threads': { threads: 4 },
  'the plainest instructions': { variant: process.arch === 'arm64' ? 'neon' : 'plain' },
};

describe.runIf(libraryIsBuilt).each(Object.entries(ways))('the native device with %s', (_, options) => {
  for (const { name, run } of deviceConformance(() => createNativeDevice(options))) it(name, run);
});
