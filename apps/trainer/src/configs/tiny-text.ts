/**
 * A small model of characters on a text of about a megabyte, with the paper's strided pattern, merged.
 *
 *     sparse-train --config tiny-text --data tinyshakespeare.txt --out runs/tiny-text
 *
 * Expect 2.26 bits a character on the last tenth of tinyshakespeare (three seeds: 2.260 to 2.270), in four minutes on engine `native` with two cores.
 */
import type { RunConfig } from '../configuration/index.ts';

/** The configuration named `tiny-text`. */
export const tinyText: RunConfig = {
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
    patterns: [{ kind: 'strided', stride: 16 }],
    positions: { kind: 'attention', stride: 16 },
    start: 'none',
    dropout: 0,
    weightScale: 'variance',
  },
  training: {
    batch: 8,
    accumulate: 1,
    steps: 3000,
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
  validation: { every: 1000, batch: 8, windows: 1000, minimumContext: 0 },
  samples: { every: 1000, count: 2, tokens: 200, temperature: 0.8 },
  checkpoints: { every: 500, keep: 2 },
};
