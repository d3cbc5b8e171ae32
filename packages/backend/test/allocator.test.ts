/** The allocator keeps what is freed for the next of its size, and gives it back when it must. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockSize, cachingAllocator } from '../src/allocator.ts';
import { DeviceMemoryError } from '../src/device.ts';
import { hostDevice } from './host-device.ts';

const mebibyte = 2 ** 20;

describe('the size of a block', () => {
  const anySize = fc.integer({ min: 0, max: 2 ** 42 });

  it('is at least what was asked for, and a multiple of 64', () => {
    fc.assert(
      fc.property(anySize, (bytes) => {
        expect(blockSize(bytes)).toBeGreaterThanOrEqual(bytes);
        expect(blockSize(bytes) % 64).toBe(0);
      }),
    );
  });

  it('is at most an eighth more than what was asked for, from 512 bytes on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 512, max: 2 ** 42 }), (bytes) => {
        expect(blockSize(bytes)).toBeLessThanOrEqual(bytes * 1.125 + 1);
      }),
    );
  });

  it('is its own size, so that a block fits itself', () => {
    fc.assert(
      fc.property(anySize, (bytes) => {
        expect(blockSize(blockSize(bytes))).toBe(blockSize(bytes));
      }),
    );
  });

  it('grows with what is asked for', () => {
    fc.assert(
      fc.property(anySize, (bytes) => {
        expect(blockSize(bytes + 1)).toBeGreaterThanOrEqual(blockSize(bytes));
      }),
    );
  });

  it.each([
    [0, 64],
    [1, 64],
    [64, 64],
    [65, 128],
    [512, 512],
    [513, 576],
    [1000, 1024],
    [1024, 1024],
    [1025, 1152],
    [mebibyte, mebibyte],
    [mebibyte + 4, 1.125 * mebibyte],
  ])('for %s bytes is %s', (bytes, size) => {
    expect(blockSize(bytes)).toBe(size);
  });
});

function allocatorOver(options: Parameters<typeof hostDevice>[0] = {}) {
  const device = hostDevice(options);
  return { device, allocator: cachingAllocator(device) };
}

describe('freed memory', () => {
  it('is the next allocation of its size', () => {
    const { device, allocator } = allocatorOver();
    const address = allocator.allocate(1000, 'a test');
    allocator.free(address);
    expect(allocator.allocate(990, 'a test')).toBe(address);
    expect(device.calls).toEqual(['allocate 1024']);
  });

  it('is nobody else’s until then', () => {
    const { allocator } = allocatorOver();
    const address = allocator.allocate(1000, 'a test');
    allocator.free(address);
    expect(allocator.allocate(2000, 'a test')).not.toBe(address);
    expect(allocator.allocate(1000, 'a test')).toBe(address);
    expect(allocator.allocate(1000, 'a test')).not.toBe(address);
  });

  it('can’t be freed again', () => {
    const { allocator } = allocatorOver();
    const address = allocator.allocate(1000, 'a test');
    allocator.free(address);
    expect(() => allocator.free(address)).toThrow(`${address} is no block in use`);
  });

  it('is given back before a device without memory is an error', () => {
    const { device, allocator } = allocatorOver({ limitBytes: 4096 });
    allocator.free(allocator.allocate(2048, 'the first'));
    allocator.allocate(4096, 'the second');
    expect(device.calls).toEqual(['allocate 2048', 'allocate 4096', 'free', 'allocate 4096']);
    expect(allocator.memory()).toEqual({ used: 4096, peak: 4096, kept: 0, blocks: 1 });
  });

  it('is given back when more is kept than was ever in use', () => {
    const { device, allocator } = allocatorOver();
    for (let size = 40; size < 60; size++)
      allocator.free(allocator.allocate(size * mebibyte, 'a step of changing size'));
    expect(device.memory().allocated).toBeLessThan((2 * 60 + 64 + 60) * mebibyte);
    expect(device.calls).toContain('free');
  });

  it('is kept for good by a program that does the same again and again', () => {
    const { device, allocator } = allocatorOver();
    const step = () => {
      const addresses = [40, 50, 60].map((size) => allocator.allocate(size * mebibyte, 'a step'));
      for (const address of addresses) allocator.free(address);
    };
    step();
    device.calls.length = 0;
    for (let round = 0; round < 10; round++) step();
    expect(device.calls).toEqual([]);
  });
});

describe('an error for want of memory', () => {
  it('says who asked, and keeps the device’s words and error', () => {
    const { allocator } = allocatorOver({ limitBytes: 1024 });
    allocator.allocate(512, 'the first');
    const error = errorOf(() => allocator.allocate(1000, 'a float32 tensor of shape [250]'));
    expect(error).toBeInstanceOf(DeviceMemoryError);
    expect(String(error)).toBe(
      'DeviceMemoryError: a float32 tensor of shape [250]: 1024 bytes were asked for, 512 are in use of 1024.',
    );
    expect(error).toHaveProperty('cause', expect.any(DeviceMemoryError));
  });

  it('leaves the counts as they were', () => {
    const { allocator } = allocatorOver({ limitBytes: 1024 });
    allocator.allocate(512, 'the first');
    expect(() => allocator.allocate(1000, 'the second')).toThrow();
    expect(allocator.memory()).toEqual({ used: 512, peak: 512, kept: 0, blocks: 1 });
  });

  it('is no other error of the device', () => {
    const device = {
      ...hostDevice(),
      allocate: () => {
        throw new TypeError('broken');
      },
    };
    expect(() => cachingAllocator(device).allocate(1, 'a test')).toThrow(TypeError);
  });
});

describe('the counts', () => {
  it('hold the most that was in use at once', () => {
    const { allocator } = allocatorOver();
    const first = allocator.allocate(1024, 'a test');
    const second = allocator.allocate(2048, 'a test');
    allocator.free(first);
    allocator.free(second);
    allocator.allocate(64, 'a test');
    expect(allocator.memory()).toEqual({ used: 64, peak: 3072, kept: 3072, blocks: 1 });
  });

  it('begin a new peak from what is in use', () => {
    const { allocator } = allocatorOver();
    const first = allocator.allocate(1024, 'a test');
    allocator.allocate(64, 'a test');
    allocator.free(first);
    allocator.resetPeak();
    expect(allocator.memory().peak).toBe(64);
  });
});

describe('over a device that watches over its memory', () => {
  it('asks for exact sizes', () => {
    const { device, allocator } = allocatorOver({ isChecked: true });
    allocator.allocate(1000, 'a test');
    expect(device.calls).toEqual(['allocate 1000']);
  });

  it('frees at once', () => {
    const { device, allocator } = allocatorOver({ isChecked: true });
    allocator.free(allocator.allocate(1000, 'a test'));
    expect(device.memory().allocated).toBe(0);
    expect(allocator.memory()).toEqual({ used: 0, peak: 1000, kept: 0, blocks: 0 });
  });
});

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
