/**
 * What `pnpm demo` trains: small enough for a minute or two of one core.
 *
 *     sparse-train --config demo --data apps/trainer/assets/shakespeare.txt --out runs/demo --engine wasm
 */
import type { RunConfig } from '../configuration/index.ts';

/** The configuration named `demo`. */
export const demo: RunConfig = {
  data: {
    kind: 'text',
    tokenizer: 'characters',
    field: 'text',
    newlines: 'keep',
    anyBytes: false,
    validShare: 0.1,
    testShare: 0,
    onBadInput: 'refuse',
  },
  model: {
    length: 256,
    layers: 4,
    width: 128,
    heads: 4,
    queryKeyFactor: 1,
    feedForwardFactor: 4,
    patterns: [{ kind: 'fixed', block: 32, summary: 8 }],
    positions: { kind: 'attention', stride: 32 },
    start: 'none',
    dropout: 0,
    weightScale: 'variance',
  },
  training: {
    batch: 4,
    accumulate: 1,
    steps: 500,
    optimizer: 'adamw',
    peakLearningRate: 3e-3,
    finalLearningRate: 3e-4,
    warmupSteps: 200,
    weightDecay: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    clipNorm: 1,
    averageDecay: 0,
    recompute: false,
    notFinite: 'stop',
    lossLimit: 10,
    overfitBatch: false,
  },
  validation: { every: 1000, batch: 16, windows: 117, minimumContext: 0 },
  samples: { every: 0, count: 1, tokens: 200, temperature: 0.8 },
  checkpoints: { every: 1000, keep: 1 },
};
