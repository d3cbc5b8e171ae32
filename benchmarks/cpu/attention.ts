/**
 * Sparse attention on the CPU devices: its rate on the pairs that a pattern keeps, beside PyTorch's dense attention and FlexAttention, and
 * how time and memory grow with length.
 */
import { type DeviceBackend, registerDeviceBackend } from '@sparse-transformers/backend';
import { createNativeDevice } from '@sparse-transformers/device-native';
import { createWasmDevice } from '@sparse-transformers/device-wasm';
import { compile, fixed, type Plan } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';
import type { Report } from '../bench.ts';
import { reportGrowth } from './attention-growth.ts';
import { reportPeers } from './attention-peers.ts';
import { attentionOf } from './attention-times.ts';

const length = 4096;
const heads = 8;
const rounds = 12;

/** All rows of attention. The curves of growth go to docs/results/cpu-attention-growth.svg. */
export async function reportAttention(report: Report): Promise<void> {
  const wasm = await createWasmDevice({ threads: 1 });
  const relaxed = wasm.description.includes('relaxed');
  await reportRates('wasm', registerDeviceBackend('attention-wasm', wasm), relaxed ? 29 : 23, report);
  const native = await createNativeDevice({ threads: 1 });
  const wide = native.description.includes('avx512');
  await reportRates(
    'native',
    registerDeviceBackend('attention-native', native),
    wide ? 70 : undefined,
    report,
  );
  await reportPeers(report);
  await reportGrowth(report);
}

/** Rates on one thread. */
async function reportRates(
  engine: string,
  backend: DeviceBackend,
  least: number | undefined,
  report: Report,
): Promise<void> {
  const name = `attention-${engine}`;
  await tf.setBackend(name);
  const plan = compile(fixed({ block: 128, summary: 32 }), { queries: length, keys: length });
  const target = ratesOf(plan, 64);
  const label = `attention fixed l=128 c=32, n ${length}`;
  report({
    name: `${label}, head 64, forward`,
    engine,
    value: target.forward,
    unit: 'GFLOP/s',
    ...(least === undefined ? {} : { must: `>= ${least}` }),
  });
  report({ name: `${label}, head 64, backward`, engine, value: target.backward, unit: 'GFLOP/s' });
  report({
    name: `${label}, backward ÷ forward`,
    engine,
    value: target.backward / target.forward,
    unit: 'times',
    must: '>= 0.8',
  });
  for (const headDim of [16, 32, 80, 128]) {
    const { forward, backward } = ratesOf(plan, headDim);
    report({ name: `${label}, head ${headDim}, forward`, engine, value: forward, unit: 'GFLOP/s' });
    report({ name: `${label}, head ${headDim}, backward`, engine, value: backward, unit: 'GFLOP/s' });
  }
  report({
    name: `${label}, peak of forward and backward`,
    engine,
    value: peakOf(plan, backend) / 2 ** 20,
    unit: 'MiB',
  });
  tf.removeBackend(name);
}

/** GFLOP/s of the best rounds. */
function ratesOf(plan: Plan, headDim: number): { forward: number; backward: number } {
  const { forward, both, dispose } = attentionOf(plan, heads, headDim);
  const times = Array.from({ length: rounds }, () => [forward(), both()] as const);
  dispose();
  const best = (index: 0 | 1) => Math.min(...times.map((pair) => pair[index]));
  const products = 2e-6 * Number(plan.pairs) * heads * headDim;
  return { forward: (2 * products) / best(0), backward: (5 * products) / (best(1) - best(0)) };
}

function peakOf(plan: Plan, backend: DeviceBackend): number {
  const { both, dispose } = attentionOf(plan, heads, 64);
  backend.resetPeak();
  both();
  dispose();
  return backend.allocatorMemory().peak;
}
