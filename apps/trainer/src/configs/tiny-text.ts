/**
 * A small model of characters on a text of about a megabyte.
 *
 *     sparse-train --config tiny-text --data tinyshakespeare.txt --out runs/tiny-text
 */
import type { RunConfig } from '../run-config.ts';

/** The configuration named `tiny-text`. */
export const tinyText: RunConfig = {
  data: { tokenizer: 'characters', validShare: 0.1 },
  model: {
    length: 128,
    layers: 2,
    width: 128,
    heads: 4,
    feedForwardFactor: 4,
    patterns: [{ kind: 'fixed', block: 32, summary: 8 }],
    positionStride: 32,
    dropout: 0,
    weightScale: 'variance',
  },
  training: {
    batch: 16,
    steps: 600,
    peakLearningRate: 3e-3,
    finalLearningRate: 3e-4,
    warmupSteps: 30,
    weightDecay: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    clipNorm: 1,
  },
  validation: { every: 200, batch: 16, windows: 2000 },
  checkpoints: { every: 200, keep: 2 },
};
