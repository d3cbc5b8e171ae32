/// <reference types="node" />
/** What only this device does: instructions by name, one pool for all devices of a process, memory of the machine. */

import type { Device } from '@sparse-transformers/backend';
import { afterEach, describe, expect, it } from 'vitest';
import { createNativeDevice, type NativeDeviceOptions } from '../src/index.ts';
import { runBundled } from './bundled-program.ts';
import { libraryIsBuilt } from './package-copy.ts';

const devices: Device[] = [];
afterEach(() => {
  for (const device of devices.splice(0)) device.dispose();
});

async function create(options: NativeDeviceOptions = {}): Promise<Device> {
  const device = await createNativeDevice(options);
  devices.push(device);
  return device;
}

/** Fills so many floats, and gives what is there. */
function filled(device: Device, count: number, value: number): Float32Array {
  const address = device.allocate(count * 4);
  device.launch('fill_float', [address], [count, value]);
  return new Float32Array(device.downloadSync(address, count * 4));
}

describe.runIf(libraryIsBuilt)('the native device', () => {
  it('says what it computes with', async () => {
    const device = await create({ threads: 2 });
    expect(device.description).toMatch(
      /^C kernels \S+ \((plain|avx2|avx512|neon)\), 2 threads, from .*libsparse-kernels/,
    );
  });

  it('uses the instructions that were asked for', async () => {
    const variant = process.arch === 'arm64' ? 'neon' : 'plain';
    expect((await create({ variant })).description).toContain(`(${variant})`);
  });

  it('refuses instructions that the machine lacks', async () => {
    const variant = process.arch === 'arm64' ? 'avx2' : 'neon';
    await expect(create({ variant })).rejects.toThrow(`'${variant}' doesn't run on this machine`);
  });

  it.each([0, 257, 1.5, Number.NaN])('refuses %s threads', async (threads) => {
    await expect(create({ threads })).rejects.toThrow(`from 1 to 256; got ${threads}`);
  });

  it.each([1, 2, 3, 4])('computes with %i threads', async (threads) => {
    const device = await create({ threads });
    expect(device.threads).toBe(threads);
    expect(filled(device, 1_000_000, 1.5).every((value) => value === 1.5)).toBe(true);
  });

  it('starts again in a process in which all devices were disposed of', async () => {
    for (const threads of [4, 1, 3]) {
      const device = await create({ threads });
      expect(filled(device, 300_000, threads).every((value) => value === threads)).toBe(true);
      device.dispose();
    }
  });

  it('shares its threads with another device', async () => {
    await create({ threads: 3 });
    expect((await create()).threads).toBe(3);
  });

  it('goes on when a device beside it is disposed of', async () => {
    const [first, second] = [await create({ threads: 2 }), await create({ threads: 2 })];
    first.dispose();
    expect(filled(second, 300_000, 2).every((value) => value === 2)).toBe(true);
  });

  it('refuses another number of threads than a device beside it has', async () => {
    await create({ threads: 2 });
    await expect(create({ threads: 3 })).rejects.toThrow(
      '3 threads were asked for, and devices of this process use a pool of 2',
    );
  });

  it('says that it was disposed of', async () => {
    const device = await create();
    device.dispose();
    expect(() => device.allocate(4)).toThrow('was disposed of');
  });

  it('frees nothing twice', async () => {
    const device = await create();
    const address = device.allocate(4);
    device.free(address);
    expect(() => device.free(address)).toThrow('no memory in use begins at');
  });

  it('copies nothing over the end of an allocation', async () => {
    const device = await create();
    const address = device.allocate(8);
    expect(() => device.upload(address, new Float32Array(3))).toThrow('a copy of 12 bytes, where 8 are');
    expect(() => device.downloadSync(address, 12)).toThrow('a copy of 12 bytes, where 8 are');
  });

  it('computes in two JavaScript threads, and forgets the device of one that ends', async () => {
    const { stdout, stderr } = await runBundled('two-threads.ts');
    expect(stdout, stderr).toBe('all right, 3 threads\n');
  });

  it.runIf(process.platform === 'linux')(
    'forgets the devices of JavaScript threads that are terminated while they launch: their memory and their threads',
    async () => {
      const { stdout, stderr } = await runBundled('terminated-threads.ts');
      expect(stderr).toBe('');
      const rounds = JSON.parse(stdout) as {
        threads: number;
        isRight: boolean;
        systemThreads: number;
        mebibytes: number;
      }[];
      expect(rounds.map(({ threads, isRight }) => [threads, isRight])).toEqual(
        [3, 2, 3, 2].map((threads) => [threads, true]),
      );
      const [first, last] = [rounds[0]!, rounds.at(-1)!];
      expect(last.systemThreads).toBe(first.systemThreads);
      // One thread's memory is 48.
      expect(last.mebibytes - first.mebibytes).toBeLessThan(24);
    },
  );
});
