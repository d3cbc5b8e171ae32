/**
 * Ops that only wait for memory, on 64 MiB and more: how many times longer each takes than a memory copy that reads and writes as many bytes
 * in all, on the same threads. An op and a copy take turns; both count by their best round.
 */
import { type DeviceBackend, registerDeviceBackend } from '@sparse-transformers/backend';
import { createNativeDevice } from '@sparse-transformers/device-native';
import { createWasmDevice } from '@sparse-transformers/device-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { Report } from '../bench.ts';
import { timeOf } from '../figures/times.ts';

const mebi = 2 ** 20;
const cells = 16 * mebi;
const rounds = 12;

/** An op, and how many bytes it reads and writes. */
interface Op {
  readonly name: string;
  readonly bytes: number;
  /** The most that it may take; nothing for functions that compute more than they move. */
  readonly must?: number;
  run(): tf.Tensor;
}

/** Ops that take longer than twice a copy: WebAssembly has no stores past the caches, and copies of two threads use all of memory's width. */
const longer: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'wasm, 1 thread': {
    'transpose 4096 × 4096': 5.6,
    'transpose [B, n, H, D] to [B, H, D, n]': 5.3,
  },
  'wasm, 2 threads': {
    'maximum of rows': 2.3,
    'transpose 4096 × 4096': 6.6,
    'transpose [B, n, H, D] to [B, H, n, D]': 2.5,
    'transpose [B, n, H, D] to [B, H, D, n]': 5.4,
  },
  'native, 2 threads': {
    'transpose 4096 × 4096': 2.5,
    'transpose [B, n, H, D] to [B, H, n, D]': 2.8,
    'concat of columns': 3,
  },
};

function ops(): Op[] {
  const [a, b] = [tf.randomUniform([4096, 4096], 0.5, 1), tf.randomUniform([4096, 4096], 0.5, 1)];
  const row = tf.randomUniform([4096]);
  const heads = tf.reshape(a, [8, 2048, 16, 64]) as tf.Tensor4D;
  const whole = 4 * cells;
  const must = 2;
  const reads = { bytes: whole, must };
  const maps = { bytes: 2 * whole, must };
  return [
    { name: 'add', bytes: 3 * whole, must, run: () => tf.add(a, b) },
    { name: 'multiply by a scalar', ...maps, run: () => tf.mul(a, 2) },
    { name: 'add a row', ...maps, run: () => tf.add(a, row) },
    { name: 'divide', bytes: 3 * whole, must, run: () => tf.div(a, b) },
    { name: 'relu', ...maps, run: () => tf.relu(a) },
    { name: 'square root', ...maps, run: () => tf.sqrt(a) },
    { name: 'compare', bytes: 2 * whole + cells, must, run: () => tf.less(a, b) },
    { name: 'sum of all', ...reads, run: () => tf.sum(a) },
    { name: 'sum of rows', ...reads, run: () => tf.sum(a, 1) },
    { name: 'sum of columns', ...reads, run: () => tf.sum(a, 0) },
    { name: 'maximum of rows', ...reads, run: () => tf.max(a, 1) },
    { name: 'transpose 4096 × 4096', ...maps, run: () => tf.transpose(a) },
    { name: 'transpose [B, n, H, D] to [B, H, n, D]', ...maps, run: () => tf.transpose(heads, [0, 2, 1, 3]) },
    { name: 'transpose [B, n, H, D] to [B, H, D, n]', ...maps, run: () => tf.transpose(heads, [0, 2, 3, 1]) },
    { name: 'concat of columns', bytes: 4 * whole, must, run: () => tf.concat([a, b], 1) },
    { name: 'exp', bytes: 2 * whole, run: () => tf.exp(a) },
    { name: 'tanh', bytes: 2 * whole, run: () => tf.tanh(a) },
    { name: 'sigmoid', bytes: 2 * whole, run: () => tf.sigmoid(a) },
    { name: 'log', bytes: 2 * whole, run: () => tf.log(a) },
    { name: 'erf', bytes: 2 * whole, run: () => tf.erf(a) },
    { name: 'softmax', bytes: 2 * whole, run: () => tf.softmax(a) },
  ];
}

/** A copy of 64 MiB from one tensor to another, in pieces on all threads. */
function copier(backend: DeviceBackend): () => void {
  const [from, to] = [backend.make([cells], 'float32'), backend.make([cells], 'float32')];
  return () => backend.launch('copy_strided', [to, from], [4, 0, 0, 1, cells, 1, 1]);
}

async function measure(name: 'wasm' | 'native', threads: number, report: Report): Promise<void> {
  const device = await (name === 'wasm' ? createWasmDevice({ threads }) : createNativeDevice({ threads }));
  const backendName = `memory-bound-${name}-${threads}`;
  const backend = registerDeviceBackend(backendName, device);
  tf.setBackend(backendName);
  const copy = copier(backend);
  const all = ops();
  const times = all.map(() => ({ op: Number.POSITIVE_INFINITY, copy: Number.POSITIVE_INFINITY }));
  for (let round = 0; round < rounds; round++) {
    for (const [place, op] of all.entries()) {
      const best = times[place]!;
      best.copy = Math.min(best.copy, timeOf(copy));
      best.op = Math.min(
        best.op,
        timeOf(() => op.run().dispose()),
      );
    }
  }
  const engine = `${name}, ${threads} thread${threads === 1 ? '' : 's'}`;
  const copied = 8 * cells;
  const bestCopy = Math.min(...times.map(({ copy }) => copy));
  report({ name: 'memory copy, read and written', engine, value: copied / bestCopy / 1e6, unit: 'GB/s' });
  for (const [place, { name: op, bytes, must }] of all.entries()) {
    const value = times[place]!.op / (times[place]!.copy * (bytes / copied));
    const most = longer[engine]?.[op] ?? must;
    report({
      name: `${op}, 64 MiB`,
      engine,
      value,
      unit: '× a copy',
      ...(most ? { must: `<= ${most}` } : {}),
    });
  }
  tf.removeBackend(backendName);
}

/** The ratios on both devices, with two threads and with one. */
export async function reportMemoryBound(report: Report): Promise<void> {
  for (const threads of [2, 1]) {
    await measure('wasm', threads, report);
    await measure('native', threads, report);
  }
}
