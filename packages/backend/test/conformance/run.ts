/// <reference types="node" />
/**
 * Runs the suite in this process, on one device and in one mode, and sends the result to its parent:
 * `fork(run.ts, [SUITE, DEVICE, MODE])`.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { type FallbackMode, registerDeviceBackend } from '../../src/index.ts';
import { cpuDevices } from '../cpu-devices.ts';
import type { ConformanceResult, SpecFailure } from './conformance.ts';

interface SpecResult {
  readonly status: 'passed' | 'failed' | 'pending' | 'excluded';
  readonly fullName: string;
  readonly failedExpectations: readonly { readonly message: string }[];
}

interface Runner {
  loadConfig(config: { spec_files: string[]; random: boolean }): void;
  clearReporters(): void;
  addReporter(reporter: { specStarted(): void; specDone(result: SpecResult): void }): void;
  onComplete(done: () => void): void;
  execute(): Promise<void>;
}

const [suite, deviceName, mode] = process.argv.slice(2) as [string, string, FallbackMode];

const create = new Map(cpuDevices).get(deviceName ?? '');
if (!create) throw new RangeError(`There is no device '${deviceName}'.`);
const device = await create({ threads: availableParallelism() });
// The suite ends and starts all backends over and over; the device stays.
const backend = registerDeviceBackend('conformance', { ...device, dispose: () => {} }, { fallbacks: mode });

const failures: SpecFailure[] = [];
const counts = { passed: 0, failed: 0, pending: 0, excluded: 0 };
let before = new Map<string, number>();

const require = createRequire(import.meta.url);
const Jasmine = require('jasmine') as new (options: object) => Runner;
const jasmine = new Jasmine({ jasmineCore: require('jasmine-core') });
jasmine.loadConfig({ spec_files: [suite], random: false });
jasmine.clearReporters();
jasmine.addReporter({
  specStarted: () => {
    before = new Map(backend.fallbacks());
  },
  specDone: ({ status, fullName, failedExpectations }) => {
    counts[status]++;
    if (status !== 'failed') return;
    const fellBack = [...backend.fallbacks()].filter(([op, count]) => count > (before.get(op) ?? 0));
    failures.push({
      name: fullName,
      messages: failedExpectations.map(({ message }) => message),
      fellBack: fellBack.map(([op]) => op),
    });
  },
});
jasmine.onComplete(() => {
  const result: ConformanceResult = {
    device: device.description,
    specs: counts.passed + counts.failed + counts.pending,
    passed: counts.passed,
    skipped: counts.pending,
    failures,
    fallbacks: Object.fromEntries(backend.fallbacks()),
    launches: backend.launches(),
  };
  process.send!(result, () => process.exit(0));
});
await jasmine.execute();
