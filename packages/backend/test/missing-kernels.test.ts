/** Devices that have some kernels and not others. */
import { crossEntropy, layerNorm } from '@sparse-transformers/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  composedOps,
  type Device,
  FallbackError,
  type FallbackMode,
  MissingKernelError,
  registerDeviceBackend,
} from '../src/index.ts';
import { ownKernels } from '../src/kernels/all.ts';
import { cpuDevices } from './cpu-devices.ts';
import { fusedKernels } from './every-kernel/fused-kernels.ts';
import { deviceHost, outcomeOf } from './every-kernel/outcome.ts';
import { randomFrom } from './every-kernel/random.ts';

const [[, createDevice]] = cpuDevices as [(typeof cpuDevices)[number]];

/** A device without some kernels; `launched` gets the names of those that run. */
async function deviceWithout(missing: readonly string[], launched = new Set<string>()): Promise<Device> {
  const device = await createDevice({ threads: 1 });
  const demand = (kernel: string) => {
    if (missing.includes(kernel)) throw new MissingKernelError('partial', kernel);
  };
  return {
    ...device,
    has: (kernel) => !missing.includes(kernel) && device.has(kernel),
    workspace: (kernel, numbers) => {
      demand(kernel);
      return device.workspace(kernel, numbers);
    },
    launch: (kernel, addresses, numbers) => {
      demand(kernel);
      launched.add(kernel);
      return device.launch(kernel, addresses, numbers);
    },
  };
}

async function start(missing: readonly string[], fallbacks: FallbackMode = 'throw') {
  const backend = registerDeviceBackend('partial', await deviceWithout(missing), { fallbacks });
  await tf.setBackend('partial');
  return backend;
}

afterEach(() => {
  vi.restoreAllMocks();
  if (tf.findBackend('partial')) tf.removeBackend('partial');
});

const normed = () =>
  tf.tidy(() => [...layerNorm(tf.tensor2d([[1, 3]]), tf.tensor1d([2, 2]), tf.tensor1d([0, 1])).dataSync()]);

describe('an op of ours whose kernel a device lacks', () => {
  it('is composed of other ops, with the same numbers, and others stay fused', async () => {
    await start([]);
    const [fused] = normed();
    tf.removeBackend('partial');
    const backend = await start(['layer_norm']);
    expect(normed()[0]).toBeCloseTo(fused!, 5);
    const before = backend.launches();
    tf.tidy(() => crossEntropy(tf.tensor2d([[1, 3]]), tf.tensor1d([1], 'int32')));
    expect(backend.launches()).toBe(before + 1);
  });

  it('is fused again when another device comes under the same name', async () => {
    await start(['layer_norm']);
    normed();
    tf.removeBackend('partial');
    const backend = await start([]);
    const before = backend.launches();
    normed();
    expect(backend.launches()).toBe(before + 1);
  });

  it('is named, with what is missing', async () => {
    const device = await deviceWithout(['attention_delta', 'fill_float']);
    expect([...composedOps(device)]).toEqual([
      ['SparseAttentionGradient', ['fill_float', 'attention_delta']],
    ]);
    expect(composedOps(await deviceWithout([])).size).toBe(0);
  });
});

describe("an op of TensorFlow.js whose kernel a device lacks for a call's dtype", () => {
  const sum = (dtype: 'float32' | 'int32') =>
    tf.tidy(() => [...tf.sum(tf.tensor2d([1, 2, 3, 4], [2, 2], dtype), 0).dataSync()]);

  it('is computed by the cpu kernel, counted, and leaves nothing behind', async () => {
    const backend = await start(['reduce_sum_int'], 'warn');
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const before = backend.allocatorMemory().used;
    expect(sum('int32')).toEqual([4, 6]);
    expect(sum('float32')).toEqual([4, 6]);
    expect([...backend.fallbacks()]).toEqual([['Sum', 1]]);
    expect(warn.mock.calls[0]?.[0]).toMatch(
      /^Sum has no kernel on this device \(it lacks 'reduce_sum_int'\)/,
    );
    expect(backend.allocatorMemory().used).toBe(before);
  });

  it('is refused where the program wants no fall-back', async () => {
    await start(['reduce_sum_int']);
    expect(() => sum('int32')).toThrow(FallbackError);
    expect(() => sum('int32')).toThrow(
      expect.objectContaining({ op: 'Sum', family: null, kernel: 'reduce_sum_int' }),
    );
  });
});

/** TensorFlow.js's own, which its cpu backend lacks. */
const stock = ['LogSoftmax', 'LogicalXor', 'BroadcastTo'];

describe('what an op of ours needs', () => {
  it.each([...fusedKernels].filter(([name]) => !stock.includes(name)))(
    '%s: the kernels that it launches',
    async (name, make) => {
      const launched = new Set<string>();
      const backend = registerDeviceBackend('partial', await deviceWithout([], launched));
      await tf.setBackend('partial');
      for (let seed = 0; seed < 60; seed++)
        outcomeOf(deviceHost('partial', backend), name, make(randomFrom(seed)));
      const needs = ownKernels.find(({ kernelName }) => kernelName === name)?.needs ?? [];
      expect([...launched].sort()).toEqual([...needs].sort());
    },
  );
});
