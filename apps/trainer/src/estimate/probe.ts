/** A few steps on random tokens of the right shape, as the loop takes them: how long they take, and how much memory. */
import { accumulateGradients, clipByGlobalNorm, valueAndGradients } from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';
import { lossesOf } from '../batches.ts';
import type { Learner } from '../checkpoint-files.ts';
import type { RunConfig } from '../run-config.ts';

/** What a probe measures. */
export interface Probe {
  /** Seconds of the median step, without the first ones, which compile plans and fill the allocator. */
  readonly stepSeconds: number;
  /** Tokens a second at that speed. */
  readonly tokensPerSecond: number;
  /** The most bytes in use at once in a step; null on an engine that doesn't tell. */
  readonly peakBytes: number | null;
}

/** What our own backend says of its memory. */
interface DeviceMemory {
  allocatorMemory(): { readonly peak: number };
  resetPeak(): void;
}

const warmUp = 2;

/** Trains on random tokens; the learner is changed. */
export async function probe(
  { model, optimizer, average }: Learner,
  { training }: Pick<RunConfig, 'training'>,
  steps = 10,
): Promise<Probe> {
  const { batch, accumulate, clipNorm, recompute, finalLearningRate: learningRate } = training;
  const { length } = model.config;
  const part = randomBatch(batch / accumulate, length, model.config.vocabulary);
  const backend: object = tf.backend();
  const memory = tellsMemory(backend) ? backend : null;
  const seconds: number[] = [];
  for (let step = 0; step < warmUp + steps; step++) {
    if (step === warmUp) memory?.resetPeak();
    const began = performance.now();
    const { value, gradients } = accumulateGradients(accumulate, (index) => {
      const forward = { dropout: { seed: 1, step: step * accumulate + index }, recompute };
      return valueAndGradients(model.parameters, () =>
        tf.tidy(() => tf.mean(lossesOf(model, part, forward))),
      );
    });
    const clipped = clipByGlobalNorm(gradients, clipNorm);
    tf.dispose([...gradients.values()]);
    await value.data();
    optimizer.step(model.parameters, clipped.gradients, { learningRate });
    average?.update(model.parameters);
    tf.dispose([value, clipped.norm, ...clipped.gradients.values()]);
    seconds.push((performance.now() - began) / 1000);
  }
  const stepSeconds = seconds.slice(warmUp).sort((a, b) => a - b)[Math.floor(steps / 2)]!;
  const tokensPerSecond = (batch * length) / stepSeconds;
  return { stepSeconds, tokensPerSecond, peakBytes: memory?.allocatorMemory().peak ?? null };
}

/** Tokens of a simple sequence are as good as random ones: no op looks at them but to find a row. */
function randomBatch(batch: number, length: number, vocabulary: number) {
  const tokens = () =>
    Int32Array.from({ length: batch * length }, (_, i) => (i * 7919 + (i >> 3)) % vocabulary);
  return {
    batch,
    length,
    inputLength: length,
    inputs: tokens(),
    targets: tokens(),
  };
}

function tellsMemory(backend: object): backend is DeviceMemory {
  return 'allocatorMemory' in backend && 'resetPeak' in backend;
}
