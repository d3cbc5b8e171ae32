/** The suite for devices: it holds for devices that queue and that don't, and finds what is wrong with others. */
import { describe, expect, it } from 'vitest';
import type { Device } from '../src/device.ts';
import { deviceConformance } from '../src/device-conformance.ts';
import { type HostDeviceOptions, hostDevice } from './host-device.ts';

const ways: Record<string, HostDeviceOptions> = {
  'runs at once': {},
  queues: { queues: true },
  'watches over its memory': { isChecked: true },
};

describe.each(Object.entries(ways))('a device that %s', (_, options) => {
  for (const { name, run } of deviceConformance(async () => hostDevice(options))) it(name, run);
});

describe('the suite finds a device', () => {
  /** Devices with one fault each, and the fact that finds it. */
  const faults: [string, string, (device: Device) => Partial<Device>][] = [
    [
      'that reports no missing memory',
      'says so when there is not enough memory, and goes on',
      () => ({ allocate: () => 64 }),
    ],
    [
      'that gives a piece twice',
      'gives pieces that do not overlap',
      (device) => {
        const only = device.allocate(4096);
        return { allocate: () => only };
      },
    ],
    ['that aligns nothing', 'gives memory at multiples of 64', () => ({ allocate: () => 100 })],
    ['that never counts what is free again', 'counts what is allocated', () => ({ free: () => {} })],
    [
      'that takes the values of an upload later',
      'takes the values of an upload at once',
      (device) => {
        const late: (() => void)[] = [];
        return {
          upload: (...upload) => late.push(() => device.upload(...upload)),
          downloadSync: (...download) => {
            for (const run of late.splice(0)) run();
            return device.downloadSync(...download);
          },
        };
      },
    ],
    [
      'that lends its memory',
      'gives the caller memory of their own',
      (device) => {
        const lent = new Map<number, ArrayBuffer>();
        const downloadSync = (address: number, bytes: number) => {
          const known = lent.get(address) ?? device.downloadSync(address, bytes);
          lent.set(address, known);
          return known;
        };
        return { downloadSync, download: async (address, bytes) => downloadSync(address, bytes) };
      },
    ],
    [
      'that downloads what comes later',
      'downloads what was there at the call',
      (device) => ({
        download: async (address, bytes) => {
          await Promise.resolve();
          return device.downloadSync(address, bytes);
        },
      }),
    ],
    ['that has every kernel', 'knows its kernels by name', () => ({ has: () => true })],
    [
      'that keeps silent about a missing kernel',
      'names a kernel that it does not have',
      () => ({ launch: () => 0 }),
    ],
    [
      'that writes too far',
      'writes no further than it is told',
      (device) => ({
        launch: (kernel, addresses, [count = 0, value = 0]) =>
          device.launch(kernel, addresses, [count + 1, value]),
      }),
    ],
    [
      'that has room for few arguments',
      'takes any number of arguments',
      (device) => ({
        launch: (kernel, addresses, numbers) => {
          if (numbers.length > 128) throw new RangeError('offset is out of bounds');
          return device.launch(kernel, addresses, numbers);
        },
      }),
    ],
    [
      'that can be disposed of only once',
      'can be disposed of twice, and does nothing afterwards',
      (device) => {
        let times = 0;
        return {
          dispose: () => {
            if (times++ === 1) throw new Error('was disposed of');
            device.dispose();
          },
        };
      },
    ],
  ];

  it.each(faults)('%s', async (_, fact, fault) => {
    const facts = deviceConformance(async () => {
      const device = hostDevice();
      return { ...device, ...fault(device) };
    });
    await expect(facts.find(({ name }) => name === fact)?.run()).rejects.toThrow();
  });
});
