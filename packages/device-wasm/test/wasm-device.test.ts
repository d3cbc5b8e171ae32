/** What this device has beyond the facts of all devices: limits, crashes, and how it ends. */
import { DeviceMemoryError } from '@sparse-transformers/backend';
import { describe, expect, it } from 'vitest';
import { createWasmDevice } from '../src/index.ts';

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

describe('the limit', () => {
  it('is 4 GiB', async () => {
    const device = await createWasmDevice({ threads: 1 });
    expect(device.memory().limit).toBe(4 * gibibyte);
  });

  it('can be set lower', async () => {
    const device = await createWasmDevice({ threads: 1, limitBytes: 32 * mebibyte });
    device.allocate(20 * mebibyte);
    expect(() => device.allocate(20 * mebibyte)).toThrow(
      /^20 MiB were asked for, 20 MiB are in use, .*can't have more than 32 MiB.*'native'/,
    );
  });

  it.each([1, 2])('is reached by large tensors, with %s threads', async (threads) => {
    const device = await createWasmDevice({ threads });
    const pieces = [1, 2, 3].map(() => device.allocate(gibibyte));
    expect(() => device.allocate(gibibyte)).toThrow(DeviceMemoryError);
    expect(() => device.allocate(gibibyte)).toThrow(
      /^1 GiB were asked for, 3 GiB are in use, .*can't have more than 4 GiB.*'native'/,
    );
    const last = pieces[2]!;
    device.launch('fill_float', [last], [3, 1]);
    expect([...new Float32Array(device.downloadSync(last, 12))]).toEqual([1, 1, 1]);
    device.dispose();
  });

  it.each([0, mebibyte, 5 * gibibyte, Number.NaN])('is never %s bytes', async (limitBytes) => {
    await expect(createWasmDevice({ limitBytes })).rejects.toThrow(`got ${limitBytes}`);
  });
});

describe.each([1, 2])('a kernel that crashes, with %s threads,', (threads) => {
  /** Writes from a true address to beyond the end of all memory. */
  const crash = async () => {
    const device = await createWasmDevice({ threads, limitBytes: 16 * mebibyte });
    const earlier = device.allocate(4);
    device.upload(earlier, new Float32Array([8]));
    const address = device.allocate(mebibyte);
    return { device, earlier, address, run: () => device.launch('fill_float', [address], [2 ** 23, 1]) };
  };

  it('is named, with the cause', async () => {
    const { run } = await crash();
    expect(run).toThrow(/^the kernel 'fill_float' crashed \(.*out of bounds.*can't be used any more$/);
  });

  it('ends the device: later launches say why', async () => {
    const { device, address, run } = await crash();
    expect(run).toThrow('crashed');
    expect(() => device.launch('fill_float', [address], [1, 1])).toThrow(
      /^fill_float: the kernel 'fill_float' crashed/,
    );
  });

  it('leaves what was computed before', async () => {
    const { device, earlier, run } = await crash();
    expect(run).toThrow('crashed');
    expect([...new Float32Array(await device.download(earlier, 4))]).toEqual([8]);
  });
});

it('frees nothing more when it was disposed of, which is no error', async () => {
  const device = await createWasmDevice({ threads: 1, debug: true });
  const address = device.allocate(64);
  device.dispose();
  expect(() => device.free(address)).not.toThrow();
});

it('says what it computes with', async () => {
  const device = await createWasmDevice({ threads: 2 });
  expect(device.description).toMatch(/^WebAssembly (simd|relaxed)-threads, 2 threads$/);
  device.dispose();
});
