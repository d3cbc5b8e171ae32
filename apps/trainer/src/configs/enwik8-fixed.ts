/**
 * Bytes of Wikipedia, with the paper's best pattern for text: fixed, merged.
 *
 *     sparse-train --config enwik8-fixed --data enwik8.gz --out runs/enwik8-fixed --engine native
 *
 * The splits are the usual ones of enwik8: 90 % for training, 5 % for validation, 5 % for `sparse-train eval --split test`.
 */
import type { RunConfig } from '../run-config.ts';

/** The configuration named `enwik8-fixed`. */
export const enwik8Fixed = {
  data: {
    kind: 'text',
    tokenizer: 'bytes',
    field: 'text',
    newlines: 'keep',
    validShare: 0.05,
    testShare: 0.05,
    onBadInput: 'refuse',
  },
  model: {
    length: 512,
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
    batch: 8,
    accumulate: 1,
    steps: 3000,
    optimizer: 'adamw',
    peakLearningRate: 2e-3,
    finalLearningRate: 2e-4,
    warmupSteps: 200,
    weightDecay: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    clipNorm: 1,
    averageDecay: 0.99,
    recompute: false,
    notFinite: 'stop',
    lossLimit: 0,
    overfitBatch: false,
  },
  validation: { every: 500, batch: 8, windows: 400, minimumContext: 0 },
  samples: { every: 1000, count: 2, tokens: 400, temperature: 0.8 },
  checkpoints: { every: 250, keep: 2 },
} satisfies RunConfig;
