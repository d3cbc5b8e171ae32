/**
 * What `pnpm demo` trains: small enough for a minute or two of one core.
 *
 *     sparse-train --config demo --data apps/trainer/assets/shakespeare.txt --out runs/demo --engine wasm
 */
import type { RunConfig } from '../run-config.ts';

/** The configuration named `demo`. */
export const demo: RunConfig = {
  data: { tokenizer: 'characters', validShare: 0.1 },
  model: {
    length: 96,
    layers: 2,
    width: 64,
    heads: 2,
    feedForwardFactor: 4,
    patterns: [{ kind: 'fixed', block: 16, summary: 4 }],
    positionStride: 16,
    dropout: 0,
    weightScale: 'variance',
  },
  training: {
    batch: 6,
    steps: 500,
    peakLearningRate: 8e-3,
    finalLearningRate: 8e-4,
    warmupSteps: 200,
    weightDecay: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    clipNorm: 1,
  },
  validation: { every: 1000, batch: 16, windows: 480 },
  checkpoints: { every: 1000, keep: 1 },
};
