/** What a training step takes of the memory of our own engines, and that nothing of it stays. */
import { EngineError, useEngine } from '@sparse-transformers/engines';
import { crossEntropy } from '@sparse-transformers/kernels';
import { type SparseTransformer, sparseTransformer } from '@sparse-transformers/models';
import { fixed, strided } from '@sparse-transformers/patterns';
import { adamW, clipByGlobalNorm, valueAndGradients } from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';

/** What our own backend says of its memory. */
interface DeviceMemory {
  allocatorMemory(): { used: number; peak: number; kept: number; blocks: number };
  resetPeak(): void;
}

function deviceMemory(): DeviceMemory {
  const backend: object = tf.backend();
  if (hasDeviceMemory(backend)) return backend;
  throw new Error('The active backend says nothing of its memory.');
}

function hasDeviceMemory(backend: object): backend is DeviceMemory {
  return 'allocatorMemory' in backend && 'resetPeak' in backend;
}

interface Sizes {
  readonly length: number;
  readonly batch: number;
  readonly layers: number;
  readonly width: number;
}

/** A model, its optimiser, and a step of both that leaves nothing behind. */
function trainee({ length, batch, layers, width }: Sizes) {
  const vocabulary = 32;
  const model: SparseTransformer = sparseTransformer(
    {
      vocabulary,
      length,
      layers,
      width,
      heads: 2,
      feedForwardWidth: 4 * width,
      patterns: [strided({ stride: 4 }), fixed({ block: 4, summary: 1 })],
      positions: { kind: 'attention', stride: 4 },
      start: 'none',
      queryKeyWidth: width,
      dropout: 0.1,
      weightScale: 'deviation',
    },
    { seed: 1 },
  );
  const optimizer = adamW();
  const values = Int32Array.from({ length: batch * length }, (_, i) => (i * i) % vocabulary);
  /** `afterForward` runs when forward is done and what no gradient needs is gone. */
  const step = (number: number, afterForward = () => {}) => {
    const tokens = tf.tensor2d(values, [batch, length], 'int32');
    const { value, gradients } = valueAndGradients(model.parameters, () => {
      const dropout = { seed: 1, step: number };
      const loss = tf.tidy(() => tf.mean(crossEntropy(model.apply(tokens, { dropout }), tokens)));
      afterForward();
      return loss;
    });
    const { gradients: clipped, norm } = clipByGlobalNorm(gradients, 1);
    optimizer.step(model.parameters, clipped, { learningRate: 1e-3 });
    tf.dispose([tokens, value, norm, ...gradients.values(), ...clipped.values()]);
  };
  const end = () => {
    optimizer.dispose();
    tf.dispose([...model.parameters.values()]);
  };
  return { step, end };
}

const missing = new Map<string, string>();
for (const name of ['wasm', 'native'] as const) {
  try {
    await useEngine(name);
  } catch (error) {
    if (!(error instanceof EngineError) || error.problem !== 'missing') throw error;
    missing.set(name, error.message);
  }
}

describe.each(['wasm', 'native'] as const)('training on %s', (name) => {
  beforeEach(async ({ skip }) => {
    const reason = missing.get(name);
    if (reason) skip(reason);
    await useEngine(name);
  });

  // What is left shows at the second step already, or where it piles up, soon after.
  it('leaves memory after 200 steps as it was after the first', () => {
    const { step, end } = trainee({ length: 8, batch: 1, layers: 2, width: 8 });
    const look = () => {
      const { numTensors, numDataBuffers, numBytes } = tf.memory();
      const { used, blocks } = deviceMemory().allocatorMemory();
      return { numTensors, numDataBuffers, numBytes, used, blocks };
    };
    const held = () => {
      const { used, kept } = deviceMemory().allocatorMemory();
      return used + kept;
    };
    step(0);
    const first = look();
    step(1); // the first that finds the optimiser's moments there
    const heldBySecond = held();
    for (let number = 2; number < 200; number++) step(number);
    expect(look()).toEqual(first);
    expect(held()).toBe(heldBySecond);
    end();
  });

  it('peaks at less than 1.3 times what forward keeps', () => {
    const { step, end } = trainee({ length: 128, batch: 4, layers: 4, width: 64 });
    step(0);
    const memory = deviceMemory();
    const before = memory.allocatorMemory().used;
    let kept = 0;
    memory.resetPeak();
    step(1, () => {
      kept = memory.allocatorMemory().used - before;
    });
    const ratio = (memory.allocatorMemory().peak - before) / kept;
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeLessThan(1.3);
    end();
  });
});
