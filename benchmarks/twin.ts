/**
 * The independent twin: a short PyTorch program reads our checkpoint, computes the same logits, and takes the same 100 training
 * steps. It proves that the model isn't only checked against itself.
 *
 * Needs Python with PyTorch: `python3 -m venv .venv && .venv/bin/pip install torch==2.13.0+cpu`; TWIN_PYTHON names another Python.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { availableEngines, type RunnableEngineName, useEngine } from '@sparse-transformers/engines';
import { crossEntropy, philox } from '@sparse-transformers/kernels';
import {
  configToJSON,
  encodeSafetensors,
  type SparseTransformer,
  type SparseTransformerConfig,
  saveWeights,
  sparseTransformer,
} from '@sparse-transformers/models';
import { column, fixed, local, perHead, strided } from '@sparse-transformers/patterns';
import { adamW, clipByGlobalNorm, valueAndGradients, warmupCosine } from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';
import type { Report } from './bench.ts';
import { python } from './cpu/python-peer.ts';
import { plotCurves } from './twin/plot.ts';

const config: SparseTransformerConfig = {
  vocabulary: 37,
  length: 96,
  layers: 3,
  width: 64,
  heads: 4,
  feedForwardWidth: 256,
  patterns: [
    fixed({ block: 16, summary: 4 }),
    strided({ stride: 10, window: 11 }),
    perHead([
      fixed({ block: 16, summary: 2, slot: 1 }),
      local({ window: 9 }),
      column({ stride: 7 }),
      strided({ stride: 5 }),
    ]),
  ],
  queryKeyWidth: 64,
  positions: { kind: 'attention', stride: 16 },
  start: 'none',
  dropout: 0,
  weightScale: 'variance',
};
const training = { warmupSteps: 10, totalSteps: 100, peakLearningRate: 3e-3, weightDecay: 0.01, clipNorm: 1 };
const batch = 8;

/** Figures for each engine at hand; the curves go to docs/results/twin.svg. */
export async function run(report: Report): Promise<void> {
  const batches = Array.from({ length: training.totalSteps }, (_, step) => sentences(step));
  const curves = new Map<string, readonly number[]>();
  const twins = new Map<string, readonly number[]>();
  for (const engine of await availableEngines()) {
    if (engine === 'cpu') continue; // Minutes for what the others do in seconds; the conformance suites hold it to the same oracle.
    const { ours, twin } = await compare(engine, batches);
    report({
      name: 'largest difference of logits',
      engine,
      value: largestGap(ours.logits, twin.logits),
      unit: '',
      must: '<= 1e-5',
    });
    report({
      name: 'largest difference of 100 losses',
      engine,
      value: largestGap(ours.losses, twin.losses),
      unit: 'nats',
      must: '<= 1e-4',
    });
    report({ name: 'last loss', engine, value: ours.losses.at(-1)!, unit: 'nats' });
    curves.set(engine, ours.losses);
    twins.set(`PyTorch ${twin.torch}`, twin.losses);
  }
  await plotCurves(join(import.meta.dirname, '../docs/results/twin.svg'), new Map([...curves, ...twins]));
}

interface Trained {
  readonly logits: readonly number[];
  readonly losses: readonly number[];
}

async function compare(
  engine: RunnableEngineName,
  batches: readonly Int32Array[],
): Promise<{ ours: Trained; twin: Trained & { torch: string } }> {
  await useEngine(engine);
  const folder = mkdtempSync(join(tmpdir(), 'twin-'));
  try {
    const ours = await trainOurs(folder, batches);
    execFileSync(python, [join(import.meta.dirname, 'twin/twin.py'), folder], { stdio: 'inherit' });
    const twin = JSON.parse(readFileSync(join(folder, 'twin.json'), 'utf8')) as Trained & { torch: string };
    return { ours, twin };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Trains, and leaves in the folder what the twin needs to do the same. */
async function trainOurs(folder: string, batches: readonly Int32Array[]): Promise<Trained> {
  const model = sparseTransformer(config, { seed: 1 });
  writeFileSync(join(folder, 'model.json'), JSON.stringify(configToJSON(config)));
  writeFileSync(join(folder, 'training.json'), JSON.stringify(training));
  writeFileSync(join(folder, 'initial.safetensors'), await saveWeights(model));
  const shape = [batches.length, batch, config.length + 1];
  const values = Int32Array.from(batches.flatMap((tokens) => [...tokens]));
  writeFileSync(
    join(folder, 'batches.safetensors'),
    encodeSafetensors(new Map([['batches', { dtype: 'I32', shape, values }]])),
  );
  const losses = takeSteps(model, batches);
  writeFileSync(join(folder, 'trained.safetensors'), await saveWeights(model));
  const logits = tf.tidy(() => Array.from(model.apply(inputsOf(batches[0]!)).dataSync()));
  return { logits, losses };
}

function takeSteps(model: SparseTransformer, batches: readonly Int32Array[]): number[] {
  const { peakLearningRate: peak, warmupSteps, totalSteps, weightDecay, clipNorm } = training;
  const schedule = warmupCosine({ peak, warmupSteps, totalSteps });
  const optimizer = adamW({ weightDecay });
  return batches.map((tokens, step) =>
    tf.tidy(() => {
      const [inputs, targets] = [inputsOf(tokens), targetsOf(tokens)];
      const { value, gradients } = valueAndGradients(model.parameters, () =>
        tf.mean(crossEntropy(model.apply(inputs), targets)),
      );
      const clipped = clipByGlobalNorm(gradients, clipNorm);
      optimizer.step(model.parameters, clipped.gradients, { learningRate: schedule(step) });
      return value.dataSync()[0]!;
    }),
  );
}

function inputsOf(tokens: Int32Array): tf.Tensor2D {
  return tf.slice(tf.tensor2d(tokens, [batch, config.length + 1], 'int32'), [0, 0], [batch, config.length]);
}

function targetsOf(tokens: Int32Array): tf.Tensor2D {
  return tf.slice(tf.tensor2d(tokens, [batch, config.length + 1], 'int32'), [0, 1], [batch, config.length]);
}

/** Sequences with something to learn: most tokens follow from the one before, every third is copied from seven places back. */
function sentences(step: number): Int32Array {
  const tokens = new Int32Array(batch * (config.length + 1));
  const words = new Uint32Array(4);
  for (let index = 0; index < tokens.length; index++) {
    words.set([index, step, 0, 0]);
    philox(words, 2026, 0);
    const place = index % (config.length + 1);
    const isNoise = place < 7 || words[0]! % 10 === 0;
    const follower = place % 3 === 0 ? tokens[index - 7]! : (tokens[index - 1]! * 2 + 1) % config.vocabulary;
    tokens[index] = isNoise ? words[1]! % config.vocabulary : follower;
  }
  return tokens;
}

function largestGap(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
}
