/** One run: a model trained and measured, a line of JSON for each thing measured. */
import { appendFileSync, writeFileSync } from 'node:fs';
import {
  type ContiguousWindows,
  contiguousRecords,
  contiguousWindows,
  randomRecords,
  randomWindows,
  type TokenBatch,
  type TokenSplit,
} from '@sparse-transformers/datasets';
import { useEngine } from '@sparse-transformers/engines';
import { crossEntropy } from '@sparse-transformers/kernels';
import { countParameters, type SparseTransformer, sparseTransformer } from '@sparse-transformers/models';
import {
  adamW,
  bitsPerByte,
  clipByGlobalNorm,
  runningMean,
  valueAndGradients,
  warmupCosine,
} from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';
import { median } from '../figures/times.ts';
import { beginningOf, readSplits } from './data.ts';
import type { RunSettings } from './settings.ts';
import { type Plan, planOf } from './sizes.ts';

/** A line of a run's file. */
export type Line =
  | {
      readonly kind: 'setting';
      readonly run: RunSettings;
      readonly parameters: number;
      readonly tokensPerStep: number;
    }
  | { readonly kind: 'validation'; readonly step: number; readonly trainBits: number; readonly bits: number }
  | {
      readonly kind: 'result';
      readonly steps: number;
      readonly bits: number;
      readonly secondsPerStep: number;
    }
  | { readonly kind: 'context'; readonly minimumContext: number; readonly bits: number };

/** Trains and measures; lines go to the output file of the run and to `tell`. */
export async function trainOne(run: RunSettings, tell: (line: Line) => void): Promise<void> {
  writeFileSync(run.output, '');
  const write = (line: Line) => {
    appendFileSync(run.output, `${JSON.stringify(line)}\n`);
    tell(line);
  };
  await useEngine(run.engine, { threads: run.threads });
  const plan = planOf(run);
  const { train, valid } = readSplits(run);
  const model = sparseTransformer(plan.model, { seed: run.seed });
  write({
    kind: 'setting',
    run,
    parameters: countParameters(plan.model),
    tokensPerStep: plan.batch * plan.model.length,
  });
  const secondsPerStep = await takeSteps({ model, plan, train, valid, seed: run.seed }, write);
  const bits = await validBits(model, valid, { ...plan, tokens: plan.finalTokens });
  write({ kind: 'result', steps: plan.steps, bits, secondsPerStep });
  for (const minimumContext of plan.contexts) {
    const setting = { ...plan, tokens: plan.contextTokens, minimumContext };
    write({ kind: 'context', minimumContext, bits: await validBits(model, valid, setting) });
  }
}

interface Training {
  readonly model: SparseTransformer;
  readonly plan: Plan;
  readonly train: TokenSplit;
  readonly valid: TokenSplit;
  readonly seed: number;
}

/** Gives the median of the seconds that a step takes; validation is not counted. */
async function takeSteps(
  { model, plan, train, valid, seed }: Training,
  write: (line: Line) => void,
): Promise<number> {
  const { batch, steps, peakLearningRate: peak, warmupSteps, validations, validTokens } = plan;
  const { length } = plan.model;
  const batches = train.record
    ? randomRecords(train, { record: length, batch, seed })
    : randomWindows(train, { length, batch, seed });
  const schedule = warmupCosine({ peak, warmupSteps: Math.min(warmupSteps, steps), totalSteps: steps });
  const optimizer = adamW();
  const loss = runningMean();
  const seconds: number[] = [];
  for (let step = 0; step < steps; step++) {
    const start = performance.now();
    const tokens = await batches.next();
    loss.add(
      takeStep(model, tokens, (gradients) =>
        optimizer.step(model.parameters, gradients, { learningRate: schedule(step) }),
      ),
    );
    seconds.push((performance.now() - start) / 1000);
    if ((step + 1) % Math.max(1, Math.floor(steps / validations)) !== 0) continue;
    const bits = await validBits(model, valid, { ...plan, tokens: validTokens });
    write({ kind: 'validation', step: step + 1, trainBits: bitsPerByte(loss.mean()), bits });
    loss.reset();
  }
  optimizer.dispose();
  return median(seconds);
}

function takeStep(
  model: SparseTransformer,
  batch: TokenBatch,
  move: (gradients: Map<string, tf.Tensor>) => void,
): number {
  return tf.tidy(() => {
    const { value, gradients } = valueAndGradients(model.parameters, () => tf.mean(lossesOf(model, batch)));
    move(clipByGlobalNorm(gradients, 1).gradients);
    return value.dataSync()[0]!;
  });
}

/** The loss of each target, `[B, n]`, in nats. */
function lossesOf(
  model: SparseTransformer,
  { batch, inputLength, length, inputs, targets }: TokenBatch,
): tf.Tensor {
  const logits = model.apply(tf.tensor2d(inputs, [batch, inputLength], 'int32'));
  return crossEntropy(logits, tf.tensor2d(targets, [batch, length], 'int32'));
}

/** The mean loss over the first tokens of a split, in bits. */
async function validBits(
  model: SparseTransformer,
  split: TokenSplit,
  { batch, tokens, minimumContext = 0 }: { batch: number; tokens: number; minimumContext?: number },
): Promise<number> {
  const { length } = model.config;
  const part = beginningOf(split, tokens);
  const windows: ContiguousWindows = part.record
    ? contiguousRecords(part, { record: length, batch })
    : contiguousWindows(part, { length, batch, minimumContext });
  let sum = 0;
  for await (const one of windows) {
    const losses = tf.tidy(() => lossesOf(model, one).dataSync());
    one.weights.forEach((weight, index) => {
      sum += weight * losses[index]!;
    });
  }
  return bitsPerByte(sum / windows.predictions);
}
