/** Recomputing blocks in backward: the same bits, less memory, on every engine. */
import { crossEntropy, differentiate } from '@sparse-transformers/kernels';
import { fixed, strided } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { type ForwardOptions, type SparseTransformer, sparseTransformer } from '../src/index.ts';
import { onEveryEngine } from './engines-under-test.ts';
import { randomModel, randomTokens, smallConfig } from './random-model.ts';

const config = smallConfig([strided({ stride: 6 }), fixed({ block: 6, summary: 2 })], {
  length: 28,
  layers: 3,
  dropout: 0.2,
  queryKeyWidth: 8,
  start: 'learned',
});
const dropout = { seed: 5, step: 3 };

function lossOf(model: SparseTransformer, options: ForwardOptions): tf.Scalar {
  return tf.tidy(() => {
    const { length, vocabulary } = model.config;
    const tokens = tf.tensor2d(randomTokens(2 * length, vocabulary), [2, length], 'int32');
    const inputs = tf.slice(tokens, [0, 0], [2, length - 1]);
    return tf.mean<tf.Scalar>(crossEntropy(model.apply(inputs, options), tokens));
  });
}

type Walk = (model: SparseTransformer, options: ForwardOptions) => Map<string, number[]>;

/** The loss and the gradients by our own walk. */
const ours: Walk = (model, options) =>
  tidied(() => {
    const { value, gradients } = differentiate(() => lossOf(model, options), [...model.parameters.values()]);
    return named(
      model,
      value,
      gradients.map((gradient) => gradient!),
    );
  });

/** The loss and the gradients by TensorFlow.js. */
const theirs: Walk = (model, options) =>
  tidied(() => {
    const { value, grads } = tf.variableGrads(() => lossOf(model, options), [...model.parameters.values()]);
    return named(
      model,
      value,
      [...model.parameters.values()].map(({ name }) => grads[name]!),
    );
  });

/** A `tf.tidy` that may give back numbers. */
function tidied<Result>(run: () => Result): Result {
  tf.engine().startScope();
  try {
    return run();
  } finally {
    tf.engine().endScope();
  }
}

function named(model: SparseTransformer, loss: tf.Tensor, gradients: tf.Tensor[]): Map<string, number[]> {
  const names = ['loss', ...model.parameters.keys()];
  return new Map([loss, ...gradients].map((x, index) => [names[index]!, Array.from(x.dataSync())]));
}

/** What our own backend says of its memory; the other engines' is counted as TensorFlow.js counts it. */
interface DeviceMemory {
  allocatorMemory(): { used: number; peak: number };
  resetPeak(): void;
}

function hasDeviceMemory(backend: object): backend is DeviceMemory {
  return 'allocatorMemory' in backend && 'resetPeak' in backend;
}

/** The most bytes that a run takes beside what was there before. */
function peakOf(run: () => void): number {
  const backend: object = tf.backend();
  if (hasDeviceMemory(backend)) {
    const { used } = backend.allocatorMemory();
    backend.resetPeak();
    run();
    return backend.allocatorMemory().peak - used;
  }
  const engine = tf.engine();
  const before = tf.memory().numBytes;
  let peak = before;
  const { trackTensor } = engine;
  engine.trackTensor = (...args) => {
    trackTensor.apply(engine, args);
    peak = Math.max(peak, tf.memory().numBytes);
  };
  try {
    run();
  } finally {
    engine.trackTensor = trackTensor;
  }
  return peak - before;
}

onEveryEngine('recompute', () => {
  afterEach(() => {
    tf.disposeVariables();
  });

  describe.each<[string, Walk]>([
    ['our own walk back', ours],
    ["TensorFlow.js's walk back", theirs],
  ])('by %s', (_, walk) => {
    it('gives the loss and the gradients of a model that keeps everything, bit for bit, dropout too', () => {
      const model = randomModel(config);
      const kept = walk(model, { dropout });
      expect(walk(model, { dropout, recompute: true })).toEqual(kept);
      expect(walk(model, {})).not.toEqual(kept);
    });

    it('leaves nothing behind', () => {
      const model = randomModel(config);
      walk(model, { dropout, recompute: true }); // plans that the backend keeps
      const before = tf.memory();
      walk(model, { dropout, recompute: true });
      expect(tf.memory().numTensors).toBe(before.numTensors);
      expect(tf.memory().numBytes).toBe(before.numBytes);
    });
  });

  it('gives the logits of apply when nothing is differentiated', () => {
    const model = randomModel(config);
    const tokens = tf.tensor2d(randomTokens(27, 11), [1, 27], 'int32');
    expect(model.apply(tokens, { recompute: true }).dataSync()).toEqual(model.apply(tokens).dataSync());
  });

  it('takes memory for the stream of each further block, and no more', () => {
    const [length, width, batch] = [128, 16, 2];
    const patterns = [fixed({ block: 16, summary: 2 })];
    const tokens = tf.tensor2d(randomTokens(batch * length, 11), [batch, length], 'int32');
    const peak = (layers: number, recompute: boolean) => {
      const sizes = { length, layers, width, queryKeyWidth: width, heads: 2, feedForwardWidth: 64 };
      const model = sparseTransformer(smallConfig(patterns, sizes), { seed: 1 });
      return peakOf(() => step(model, tokens, recompute));
    };
    peak(1, false); // plans that the backend keeps
    const ofBlock = (recompute: boolean) => (peak(4, recompute) - peak(2, recompute)) / 2;
    const stream = 4 * batch * length * width;
    expect(ofBlock(true)).toBe(stream);
    expect(ofBlock(false)).toBeGreaterThan(stream * 10);
  });
});

function step(model: SparseTransformer, tokens: tf.Tensor2D, recompute: boolean): void {
  tf.tidy(() => {
    const loss = () => tf.mean(crossEntropy(model.apply(tokens, { recompute }), tokens));
    differentiate(loss, [...model.parameters.values()]);
  });
}
