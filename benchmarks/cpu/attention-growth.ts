/** How time and memory of strided attention grow with length when the stride is its root: n√n pairs, n numbers. */
import { join } from 'node:path';
import { registerDeviceBackend } from '@sparse-transformers/backend';
import { createNativeDevice } from '@sparse-transformers/device-native';
import { createWasmDevice } from '@sparse-transformers/device-wasm';
import { compile, strided } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';
import type { Report } from '../bench.ts';
import { attentionOf } from './attention-times.ts';
import { plotGrowth } from './growth-plot.ts';

const lengths = [2048, 4096, 8192, 16384, 32768, 65536];
const heads = 4;
const headDim = 64;
const rounds = 2;

/** What one length took, forward and backward together. */
export interface GrowthPoint {
  /** The engine. */
  readonly engine: string;
  /** n. */
  readonly length: number;
  /** Of the best round. */
  readonly milliseconds: number;
  /** The most that was in use at once: inputs, outputs, gradients, plan. */
  readonly mebibytes: number;
}

/** The rows of growth, and the plot. */
export async function reportGrowth(report: Report): Promise<void> {
  const points = [
    ...(await measure('wasm', createWasmDevice)),
    ...(await measure('native', createNativeDevice)),
  ];
  for (const engine of ['wasm', 'native']) {
    const ofEngine = points.filter((point) => point.engine === engine);
    const name = `strided attention l=√n, n ${lengths[0]} … ${lengths.at(-1)}, slope of`;
    const slope = (what: 'milliseconds' | 'mebibytes') =>
      slopeOf(ofEngine.map((point) => [Math.log(point.length), Math.log(point[what])]));
    report({ name: `${name} time`, engine, value: slope('milliseconds'), unit: '', must: '<= 1.6' });
    report({ name: `${name} memory`, engine, value: slope('mebibytes'), unit: '', must: '<= 1.6' });
    const { milliseconds, mebibytes } = ofEngine.at(-1)!;
    const last = `strided attention l=√n, n ${lengths.at(-1)}, ${heads} heads, both ways`;
    report({ name: `${last}, time`, engine, value: milliseconds, unit: 'ms' });
    report({ name: `${last}, memory`, engine, value: mebibytes, unit: 'MiB' });
  }
  await plotGrowth(join(import.meta.dirname, '../../docs/results/cpu-attention-growth.svg'), points);
}

async function measure(
  engine: string,
  create: typeof createWasmDevice | typeof createNativeDevice,
): Promise<GrowthPoint[]> {
  const backendName = `attention-growth-${engine}`;
  const backend = registerDeviceBackend(backendName, await create({ threads: 2 }));
  await tf.setBackend(backendName);
  const points = lengths.map((length): GrowthPoint => {
    const plan = compile(strided({ stride: Math.round(Math.sqrt(length)) }), {
      queries: length,
      keys: length,
    });
    const before = backend.allocatorMemory().used;
    const { both, dispose } = attentionOf(plan, heads, headDim);
    backend.resetPeak();
    const times = Array.from({ length: rounds }, both);
    dispose();
    const mebibytes = (backend.allocatorMemory().peak - before) / 2 ** 20;
    return { engine, length, milliseconds: Math.min(...times), mebibytes };
  });
  tf.removeBackend(backendName);
  return points;
}

/** The slope of the line with the least squares. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [mean(points.map((point) => point[0])), mean(points.map((point) => point[1]))];
  const sum = (of: (dx: number, dy: number) => number) =>
    points.reduce((total, point) => total + of(point[0] - x, point[1] - y), 0);
  return sum((dx, dy) => dx * dy) / sum((dx) => dx * dx);
}
