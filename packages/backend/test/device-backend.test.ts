/** The backend over a device: tensors in and out, their memory and how many use it, and what waits. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DeviceBackend, DeviceMemoryError, registerDeviceBackend } from '../src/index.ts';
import { type HostDevice, type HostDeviceOptions, hostDevice } from './host-device.ts';

let device: HostDevice;
let backend: DeviceBackend;

async function useDevice(options: HostDeviceOptions = {}) {
  device = hostDevice(options);
  backend = registerDeviceBackend('under-test', device);
  await tf.setBackend('under-test');
}

beforeEach(async () => {
  await useDevice();
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
  tf.removeBackend('under-test');
});

/** Waits are calls that stop until the device has done its work. */
const waits = () => device.calls.filter((call) => /^(download|synchronize)/.test(call));

describe('values', () => {
  it.each([
    ['float32', [1.5, -2, Number.NaN, Number.POSITIVE_INFINITY], Float32Array],
    ['int32', [1, -2, 2 ** 31 - 1], Int32Array],
    ['bool', [true, false, true], Uint8Array],
  ] as const)('of a %s tensor come back in its array', (dtype, values, type) => {
    const tensor = tf.tensor1d([...values] as number[], dtype);
    expect(tensor.dataSync()).toBeInstanceOf(type);
    expect([...tensor.dataSync()]).toEqual(values.map(Number));
  });

  it('come back by data() too', async () => {
    expect([...(await tf.tensor1d([1, 2]).data())]).toEqual([1, 2]);
  });

  it.each(['float32', 'int32', 'bool'] as const)('of an empty %s tensor are none', async (dtype) => {
    const tensor = tf.tensor2d([], [0, 3], dtype);
    expect(tensor.dataSync()).toHaveLength(0);
    expect(await tensor.data()).toHaveLength(0);
  });

  it('of an empty tensor take no memory', () => {
    tf.tensor2d([], [0, 3]);
    expect(device.calls).toEqual([]);
  });

  it('of strings stay with the host', async () => {
    const tensor = tf.tensor1d(['a', 'ü']);
    expect(tensor.dataSync()).toEqual(['a', 'ü']);
    expect(await tensor.data()).toEqual(['a', 'ü']);
    expect(device.calls).toEqual([]);
  });

  it('of complex numbers come in turns', async () => {
    const tensor = tf.complex([1, 2], [3, 4]);
    expect([...tensor.dataSync()]).toEqual([1, 3, 2, 4]);
    expect([...(await tensor.data())]).toEqual([1, 3, 2, 4]);
  });

  it('are the caller’s own', () => {
    const tensor = tf.tensor1d([1, 2]);
    tensor.dataSync().fill(9);
    expect([...tensor.dataSync()]).toEqual([1, 2]);
  });

  it('must be as many as the shape says', () => {
    expect(() => backend.makeFrom(new Float32Array(3), [2, 2], 'float32')).toThrow(
      'A tensor of shape [2,2] has 4 values; 3 were given.',
    );
  });
});

describe('waiting', () => {
  beforeEach(() => {
    tf.removeBackend('under-test');
    return useDevice({ queues: true });
  });

  it('is for nothing but reading', () => {
    const tensor = tf.tensor1d([1, 2]);
    const filled = tf.fill([1000], 3);
    tf.reshape(filled, [10, 100]).dispose();
    tf.dispose([tensor, filled]);
    expect(waits()).toEqual([]);
    expect(device.queued.length).toBeGreaterThan(0);
  });

  it('is once for a read', async () => {
    const filled = tf.fill([3], 2);
    expect([...(await filled.data())]).toEqual([2, 2, 2]);
    expect(waits()).toEqual(['download']);
  });

  it('is by the asynchronous call where the program can wait', async () => {
    const complex = tf.complex([1], [2]);
    await complex.data();
    expect(waits()).toEqual(['download', 'download']);
  });

  it('is by the other where it can’t', () => {
    tf.fill([3], 2).dataSync();
    expect(waits()).toEqual(['downloadSync']);
  });

  it('keeps launches in order when memory is used again', () => {
    const first = tf.fill([4], 1);
    const address = backend.addressOf(first);
    first.dispose();
    const second = tf.fill([4], 2);
    expect(backend.addressOf(second)).toBe(address);
    expect([...second.dataSync()]).toEqual([2, 2, 2, 2]);
  });
});

describe('memory', () => {
  it('of a disposed tensor is free at once', () => {
    const tensor = tf.fill([1000], 1);
    expect(backend.allocatorMemory()).toMatchObject({ used: 4096, blocks: 1 });
    tensor.dispose();
    expect(backend.allocatorMemory()).toMatchObject({ used: 0, blocks: 0 });
  });

  it('is counted by tf.memory', () => {
    const before = tf.memory();
    tf.tensor1d([1, 2, 3]);
    tf.tensor1d([1, 2], 'int32');
    tf.tensor1d([true], 'bool');
    const { numTensors, numDataBuffers, numBytes, unreliable } = tf.memory();
    expect({
      tensors: numTensors - before.numTensors,
      buffers: numDataBuffers - before.numDataBuffers,
      bytes: numBytes - before.numBytes,
      unreliable,
    }).toEqual({ tensors: 3, buffers: 3, bytes: 12 + 8 + 1, unreliable: false });
  });

  it('of complex tensors goes with them', () => {
    const before = backend.numDataIds();
    const tensor = tf.complex([1, 2], [3, 4]);
    expect(backend.allocatorMemory().blocks).toBe(2);
    tensor.dispose();
    expect(backend.allocatorMemory()).toMatchObject({ used: 0, blocks: 0 });
    expect(backend.numDataIds()).toBe(before);
  });

  it('is shared by a tensor and its other shape', () => {
    const tensor = tf.fill([6], 1);
    const other = tf.reshape(tensor, [2, 3]);
    expect(backend.allocatorMemory().blocks).toBe(1);
    tensor.dispose();
    expect(backend.allocatorMemory().blocks).toBe(1);
    expect([...other.dataSync()]).toEqual([1, 1, 1, 1, 1, 1]);
    other.dispose();
    expect(backend.allocatorMemory().blocks).toBe(0);
  });

  it('has a mark of the most that was in use, which can begin anew', () => {
    tf.fill([1024], 1).dispose();
    expect(backend.allocatorMemory()).toMatchObject({ used: 0, peak: 4096 });
    backend.resetPeak();
    expect(backend.allocatorMemory().peak).toBe(0);
  });

  it('for want of which a tensor can’t be made is an error that names it', async () => {
    tf.removeBackend('under-test');
    await useDevice({ limitBytes: 8192 });
    const kept = tf.fill([1024], 1);
    expect(() => tf.fill([50, 100], 1)).toThrow(DeviceMemoryError);
    expect(() => tf.fill([50, 100], 1)).toThrow(
      /^a float32 tensor of shape \[50,100\]: .* are in use of 8192/,
    );
    expect(() => tf.tensor2d(new Int32Array(5000), [50, 100])).toThrow(/^a int32 tensor of shape \[50,100\]/);
    expect(backend.allocatorMemory().blocks).toBe(1);
    kept.dispose();
    expect(tf.fill([2048], 2).dataSync()[2047]).toBe(2);
  });

  it('that is no tensor is counted too', () => {
    const address = backend.allocate(1000, 'a plan');
    expect(backend.allocatorMemory().blocks).toBe(1);
    backend.free(address);
    expect(backend.allocatorMemory().blocks).toBe(0);
  });

  it('of no bytes is no memory', () => {
    expect(backend.allocate(0, 'nothing')).toBe(0);
    backend.free(0);
    expect(device.calls).toEqual([]);
  });
});

describe('the count of users', () => {
  it('is one for a new tensor and none for a tensor that is gone', () => {
    const { dataId } = tf.tensor1d([1]);
    expect(backend.refCount(dataId)).toBe(1);
    backend.disposeData(dataId);
    expect(backend.refCount(dataId)).toBe(0);
  });

  it('lets the last user free it', () => {
    const { dataId } = tf.tensor1d([1]);
    backend.incRef(dataId);
    expect(backend.disposeData(dataId)).toBe(false);
    expect(backend.disposeData(dataId)).toBe(true);
    expect(backend.allocatorMemory().blocks).toBe(0);
  });

  it('does not matter to TensorFlow.js when it moves data elsewhere', () => {
    const { dataId } = tf.tensor1d([1]);
    backend.incRef(dataId);
    expect(backend.disposeData(dataId, true)).toBe(true);
    expect(backend.allocatorMemory().blocks).toBe(0);
  });

  it('is none after a second disposal, which does nothing', () => {
    const { dataId } = tf.tensor1d([1]);
    backend.disposeData(dataId);
    expect(backend.disposeData(dataId)).toBe(true);
  });
});

describe('addresses', () => {
  it('are 0 for a tensor without a cell', () => {
    expect(backend.addressOf(tf.tensor1d([]))).toBe(0);
  });

  it('are none for complex numbers and strings', () => {
    expect(() => backend.addressOf(tf.complex([1], [2]))).toThrow(
      'dtype complex64 has no memory on a device',
    );
    expect(() => backend.addressOf(tf.tensor1d(['a']))).toThrow('dtype string has no memory on a device');
  });
});

describe('what a program may ask', () => {
  it('is how many kernels were launched', () => {
    const before = backend.launches();
    tf.fill([10], 1);
    expect(backend.launches() - before).toBe(1);
  });

  it('is how long ops take, with all that they launched', async () => {
    tf.removeBackend('under-test');
    await useDevice({ queues: true });
    const { kernelMs, wallMs } = await tf.time(() => tf.fill([1000], 1));
    expect(kernelMs).toBeGreaterThanOrEqual(0);
    expect(wallMs).toBeGreaterThanOrEqual(0);
    expect(device.queued).toEqual([]);
  });

  it('is a profile of kernels', async () => {
    const { kernelNames, peakBytes, kernels } = await tf.profile(() => tf.fill([1000], 1));
    expect({ kernelNames, peakBytes }).toEqual({ kernelNames: ['Fill'], peakBytes: 4000 });
    expect(await kernels[0]?.kernelTimeMs).toBeGreaterThanOrEqual(0);
  });
});

describe('a backend that was disposed of', () => {
  it('ends its device', () => {
    backend.dispose();
    backend.dispose();
    expect(device.calls.at(-1)).toBe('dispose');
    expect(() => tf.fill([2], 1)).toThrow('was disposed of');
  });

  it('lets the tensors that are left go', async () => {
    tf.removeBackend('under-test');
    await useDevice({ isChecked: true });
    const tensor = tf.fill([2], 1);
    backend.dispose();
    tensor.dispose();
    expect(tensor.isDisposed).toBe(true);
  });
});
