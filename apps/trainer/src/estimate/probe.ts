/** A few steps on random tokens of the right shape, as the loop takes them: how long they take, and how much memory. */
import { accumulateGradients, clipByGlobalNorm, valueAndGradients } from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../configuration/index.ts';
import { lossesOf } from '../data/index.ts';
import type { Learner } from '../run-folder/index.ts';

/** What a probe measures. */
export interface Probe {
  /** Seconds of the median step, behind some that warm up. */
  readonly stepSeconds: number;
  /** Tokens a second at that speed. */
  readonly tokensPerSecond: number;
  /** The most bytes in use at once in a step; null on an engine that doesn't tell. */
  readonly peakBytes: number | null;
}

/** How long a probe takes. */
export interface ProbeOptions {
  /** Steps that count; 10 if not given. */
  readonly steps?: number;
  /** Seconds of steps before them, which take at least 2 steps and at most 40; 2 if not given. */
  readonly warmUpSeconds?: number;
}

/** What our own backend says of its memory. */
interface DeviceMemory {
  allocatorMemory(): { readonly peak: number };
  resetPeak(): void;
}

/** Steps before times count: plans are compiled, the allocator filled, and JavaScript made fast where steps are short. */
const warmUp = { leastSteps: 2, mostSteps: 40 };

/** Trains on random tokens; the learner is changed. */
export async function probe(
  { model, optimizer, average }: Learner,
  { training }: Pick<RunConfig, 'training'>,
  { steps = 10, warmUpSeconds = 2 }: ProbeOptions = {},
): Promise<Probe> {
  const { batch, accumulate, clipNorm, recompute, finalLearningRate: learningRate } = training;
  const { length } = model.config;
  const part = randomBatch(batch / accumulate, length, model.config.vocabulary);
  const backend: object = tf.backend();
  const memory = tellsMemory(backend) ? backend : null;
  const takeStep = async (step: number): Promise<number> => {
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
    return (performance.now() - began) / 1000;
  };
  let [taken, seconds] = [0, 0];
  while (taken < warmUp.leastSteps || (taken < warmUp.mostSteps && seconds < warmUpSeconds)) {
    seconds += await takeStep(taken++);
  }
  memory?.resetPeak();
  const times: number[] = [];
  while (times.length < steps) times.push(await takeStep(taken++));
  const stepSeconds = times.sort((a, b) => a - b)[Math.floor(steps / 2)]!;
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
