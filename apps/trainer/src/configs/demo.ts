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
    length: 256,
    layers: 4,
    width: 128,
    heads: 4,
    feedForwardFactor: 4,
    patterns: [{ kind: 'fixed', block: 32, summary: 8 }],
    positionStride: 32,
    dropout: 0,
    weightScale: 'variance',
  },
  training: {
    batch: 4,
    steps: 500,
    peakLearningRate: 3e-3,
    finalLearningRate: 3e-4,
    warmupSteps: 200,
    weightDecay: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    clipNorm: 1,
  },
  validation: { every: 1000, batch: 16, windows: 117 },
  checkpoints: { every: 1000, keep: 1 },
};
