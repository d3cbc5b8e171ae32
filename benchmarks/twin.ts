/**
 * The independent twin: for each kind of model, a short PyTorch program reads our checkpoint, computes the same logits, and takes the same
 * 100 training steps. It proves that the model isn't only checked against itself.
 *
 * Needs Python with PyTorch: `python3 -m venv .venv && .venv/bin/pip install torch==2.13.0+cpu`; TWIN_PYTHON names another Python.
 * Machine: any; minutes: 3 on two cores.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { availableEngines, type RunnableEngineName, useEngine } from '@sparse-transformers/engines';
import { crossEntropy } from '@sparse-transformers/kernels';
import {
  configToJSON,
  encodeSafetensors,
  type SparseTransformer,
  saveWeights,
  sparseTransformer,
} from '@sparse-transformers/models';
import { adamW, clipByGlobalNorm, valueAndGradients, warmupCosine } from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';
import type { Report } from './bench.ts';
import { python } from './cpu/python-peer.ts';
import { type ModelKind, modelKinds, sentences, tokensOf } from './twin/kinds.ts';
import { plotCurves } from './twin/plot.ts';

const training = { warmupSteps: 10, totalSteps: 100, peakLearningRate: 3e-3, weightDecay: 0.01, clipNorm: 1 };

/** Figures for each kind of model on each engine at hand; the curves go to docs/results/twin.svg. */
export async function run(report: Report): Promise<void> {
  // Minutes on `cpu` for what the others do in seconds; the conformance suites hold it to the same oracle.
  const engines = (await availableEngines()).filter((engine) => engine !== 'cpu');
  const curves = new Map<string, readonly number[]>();
  const twins = new Map<string, readonly number[]>();
  for (const kind of modelKinds) {
    for (const engine of engines) {
      const { ours, twin } = await compare(engine, kind);
      reportGaps(report, kind.name, engine, ours, twin);
      curves.set(kind.name, ours.losses);
      twins.set(kind.name, twin.losses);
    }
  }
  await plotCurves(join(import.meta.dirname, '../docs/results/twin.svg'), curves, twins);
}

function reportGaps(report: Report, name: string, engine: string, ours: Trained, twin: Trained): void {
  report({
    name: `${name}: difference of logits`,
    engine,
    value: largestGap(ours.logits, twin.logits),
    unit: '',
    must: '<= 1e-5',
  });
  report({
    name: `${name}: difference of 100 losses`,
    engine,
    value: largestGap(ours.losses, twin.losses),
    unit: 'nats',
    must: '<= 1e-4',
  });
  report({ name: `${name}: last loss`, engine, value: ours.losses.at(-1)!, unit: 'nats' });
}

interface Trained {
  readonly logits: readonly number[];
  readonly losses: readonly number[];
}

async function compare(
  engine: RunnableEngineName,
  kind: ModelKind,
): Promise<{ ours: Trained; twin: Trained & { torch: string } }> {
  await useEngine(engine);
  const folder = mkdtempSync(join(tmpdir(), 'twin-'));
  try {
    const ours = await trainOurs(folder, kind);
    execFileSync(python, [join(import.meta.dirname, 'twin/twin.py'), folder], { stdio: 'inherit' });
    const twin = JSON.parse(readFileSync(join(folder, 'twin.json'), 'utf8')) as Trained & { torch: string };
    return { ours, twin };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Trains, and leaves in the folder what the twin needs to do the same. */
async function trainOurs(folder: string, kind: ModelKind): Promise<Trained> {
  const { config, batch } = kind;
  const batches = Array.from({ length: training.totalSteps }, (_, step) => sentences(kind, step));
  const model = sparseTransformer(config, { seed: 1 });
  writeFileSync(join(folder, 'model.json'), JSON.stringify(configToJSON(config)));
  writeFileSync(join(folder, 'training.json'), JSON.stringify(training));
  writeFileSync(join(folder, 'initial.safetensors'), await saveWeights(model));
  const shape = [batches.length, batch, tokensOf(config)];
  const values = Int32Array.from(batches.flatMap((tokens) => [...tokens]));
  writeFileSync(
    join(folder, 'batches.safetensors'),
    encodeSafetensors(new Map([['batches', { dtype: 'I32', shape, values }]])),
  );
  const losses = batches.map(takeSteps(model, kind));
  writeFileSync(join(folder, 'trained.safetensors'), await saveWeights(model));
  const logits = tf.tidy(() => Array.from(model.apply(inputsOf(kind, batches[0]!)).dataSync()));
  tf.dispose([...model.parameters.values()]);
  return { logits, losses };
}

/** A step on the tokens of a batch; gives the loss. */
function takeSteps(model: SparseTransformer, kind: ModelKind): (tokens: Int32Array, step: number) => number {
  const { peakLearningRate: peak, warmupSteps, totalSteps, weightDecay, clipNorm } = training;
  const schedule = warmupCosine({ peak, warmupSteps, totalSteps });
  const optimizer = adamW({ weightDecay });
  return (tokens, step) =>
    tf.tidy(() => {
      const [inputs, targets] = [inputsOf(kind, tokens), targetsOf(kind, tokens)];
      const { value, gradients } = valueAndGradients(model.parameters, () =>
        tf.mean(crossEntropy(model.apply(inputs), targets)),
      );
      const clipped = clipByGlobalNorm(gradients, clipNorm);
      optimizer.step(model.parameters, clipped.gradients, { learningRate: schedule(step) });
      return value.dataSync()[0]!;
    });
}

/** All tokens but the last. */
function inputsOf({ config, batch }: ModelKind, tokens: Int32Array): tf.Tensor2D {
  const length = tokensOf(config);
  return tf.slice(tf.tensor2d(tokens, [batch, length], 'int32'), [0, 0], [batch, length - 1]);
}

/** The token that follows each slot: all of them behind a learned start, else all but the first. */
function targetsOf({ config, batch }: ModelKind, tokens: Int32Array): tf.Tensor2D {
  const length = tokensOf(config);
  const first = length - config.length;
  return tf.slice(tf.tensor2d(tokens, [batch, length], 'int32'), [0, first], [batch, config.length]);
}

function largestGap(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
}
