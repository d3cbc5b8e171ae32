/**
 * A whole training step (forward, backward, clipping, AdamW) of our model beside PyTorch's dense one of the same sizes, in turns.
 *
 * Each side takes a few steps a round; the best and the median of all rounds count. Random tokens: time is measured, not the loss.
 */
import { useEngine } from '@sparse-transformers/engines';
import { crossEntropy } from '@sparse-transformers/kernels';
import { type SparseTransformerConfig, sparseTransformer } from '@sparse-transformers/models';
import { fixed } from '@sparse-transformers/patterns';
import { adamW, clipByGlobalNorm, valueAndGradients } from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';
import type { Report } from '../bench.ts';
import { median, timeOf } from '../figures/times.ts';
import { missingPython, PythonPeer } from './python-peer.ts';

interface Sizes {
  readonly length: number;
  readonly batch: number;
  readonly block: number;
  readonly summary: number;
  /** What the step must keep: milliseconds on wasm, and how many times faster than PyTorch native must be. */
  readonly wasmMost?: number;
  readonly nativeFactor: number;
}

const shared = { layers: 4, width: 256, heads: 4, threads: 2 };
const cases: readonly Sizes[] = [
  { length: 512, batch: 2, block: 64, summary: 16, wasmMost: 450, nativeFactor: 1 },
  { length: 4096, batch: 1, block: 128, summary: 32, nativeFactor: 1.85 },
];
const rounds = 5;
const stepsInRound = 3;

/** The rows of whole training steps. */
export async function reportTrainSteps(report: Report): Promise<void> {
  const missing = missingPython();
  if (missing !== null) console.error(`train step: without PyTorch, since ${missing}`);
  for (const sizes of cases) await compare(sizes, missing === null, report);
}

async function compare(sizes: Sizes, withPython: boolean, report: Report): Promise<void> {
  const { layers, width, heads, threads } = shared;
  const { length, batch, block } = sizes;
  const peer = withPython
    ? new PythonPeer('train_step.py', [layers, width, heads, length, batch, block, threads].map(String))
    : null;
  const times = new Map<string, number[]>();
  const add = (name: string, milliseconds: readonly number[]) =>
    times.set(name, [...(times.get(name) ?? []), ...milliseconds]);
  try {
    for (const engine of ['native', 'wasm'] as const) {
      const { step, dispose } = await ourStep(engine, sizes);
      step(); // Compiles plans, fills the allocator.
      await peer?.ask('1');
      for (let round = 0; round < rounds; round++) {
        add(
          engine,
          Array.from({ length: stepsInRound }, () => timeOf(step)),
        );
        if (peer && engine === 'native') {
          add('PyTorch', (await peer.ask<{ milliseconds: number[] }>(String(stepsInRound))).milliseconds);
        }
      }
      dispose();
    }
  } finally {
    peer?.close();
  }
  tell(sizes, times, report);
}

function tell(
  { length, batch, wasmMost, nativeFactor }: Sizes,
  times: Map<string, number[]>,
  report: Report,
): void {
  const name = `training step, n ${length}, batch ${batch}`;
  for (const [who, values] of times) {
    const engine = who === 'PyTorch' ? 'none' : who;
    const label = who === 'PyTorch' ? `${name}, PyTorch dense` : name;
    const must = who === 'wasm' && wasmMost ? { must: `<= ${wasmMost}` } : {};
    report({ name: `${label}, best`, engine, value: Math.min(...values), unit: 'ms', ...must });
    report({ name: `${label}, median`, engine, value: median(values), unit: 'ms' });
  }
  const [ours, theirs] = [times.get('native'), times.get('PyTorch')];
  if (!ours || !theirs) return;
  report({
    name: `${name}, PyTorch dense ÷ ours, medians`,
    engine: 'native',
    value: median(theirs) / median(ours),
    unit: 'times',
    must: `>= ${nativeFactor}`,
  });
}

async function ourStep(
  engine: 'native' | 'wasm',
  { length, batch, block, summary }: Sizes,
): Promise<{ step: () => void; dispose: () => void }> {
  await useEngine(engine, { threads: shared.threads });
  const config: SparseTransformerConfig = {
    vocabulary: 256,
    length,
    layers: shared.layers,
    width: shared.width,
    heads: shared.heads,
    feedForwardWidth: 4 * shared.width,
    patterns: [fixed({ block, summary })],
    queryKeyWidth: shared.width,
    positions: { kind: 'attention', stride: block },
    start: 'none',
    dropout: 0,
    weightScale: 'deviation',
  };
  const model = sparseTransformer(config, { seed: 1 });
  const optimizer = adamW();
  const random = () => tf.cast(tf.randomUniform<tf.Rank.R2>([batch, length], 0, 256, 'int32', 1), 'int32');
  const [inputs, targets] = [random(), random()];
  const step = () =>
    tf.tidy(() => {
      const { value, gradients } = valueAndGradients(model.parameters, () =>
        tf.mean(crossEntropy(model.apply(inputs), targets)),
      );
      const clipped = clipByGlobalNorm(gradients, 1);
      value.dataSync();
      optimizer.step(model.parameters, clipped.gradients, { learningRate: 1e-4 });
    });
  const dispose = () => {
    tf.dispose([inputs, targets, ...model.parameters.values()]);
    optimizer.dispose();
  };
  return { step, dispose };
}
