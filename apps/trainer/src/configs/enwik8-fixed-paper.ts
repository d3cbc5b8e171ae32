/**
 * The paper's model of enwik8 (section 7.2): 95 million parameters, a context of 12,288 bytes, fixed attention with blocks of 128 of which 32
 * are summaries.
 *
 *     sparse-train estimate --config enwik8-fixed-paper --data enwik8 --engine native     what it takes here
 *     sparse-train --config enwik8-fixed-paper --data enwik8 --out runs/enwik8-paper
 *
 * The paper reached 0.99 bits a byte on the test split, after 80 epochs on 8 V100 GPUs. It prints no learning rate and no batch for
 * this task; those here are our own.
 */
import type { RunConfig } from '../configuration/index.ts';
import { enwik8Fixed } from './enwik8-fixed.ts';

/** The configuration named `enwik8-fixed-paper`. */
export const enwik8FixedPaper: RunConfig = {
  ...enwik8Fixed,
  model: {
    length: 12_288,
    layers: 30,
    width: 512,
    heads: 8,
    queryKeyFactor: 1,
    feedForwardFactor: 4,
    patterns: [{ kind: 'fixed', block: 128, summary: 32, slot: 'distinct' }],
    positions: { kind: 'attention', stride: 128 },
    start: 'none',
    dropout: 0.4,
    weightScale: 'deviation',
  },
  training: {
    batch: 16,
    accumulate: 16,
    steps: 36_600,
    optimizer: 'adamw',
    peakLearningRate: 3.5e-4,
    finalLearningRate: 0,
    warmupSteps: 5000,
    weightDecay: 0.01,
    beta1: 0.9,
    beta2: 0.999,
    clipNorm: 1,
    averageDecay: 0.999,
    recompute: true,
    notFinite: 'stop',
    lossLimit: 10,
    overfitBatch: false,
  },
  validation: { every: 500, batch: 1, windows: 100, minimumContext: 0 },
  samples: { every: 1000, count: 1, tokens: 2000, temperature: 1 },
  checkpoints: { every: 250, keep: 3 },
};
