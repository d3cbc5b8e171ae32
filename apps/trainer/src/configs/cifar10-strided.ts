/**
 * CIFAR-10 with the paper's strided pattern, interleaved as in its released code: of four layers one looks at the column above, three at
 * the last row of numbers. Queries, keys and feed-forward parts have half size, and the first number is predicted from a learned start.
 *
 *     sparse-train --config cifar10-strided --data data_batch_1.bin data_batch_2.bin --out runs/cifar10 --engine native
 *
 * The files are those of CIFAR-10's binary version, packed by gzip or not.
 */
import type { RunConfig } from '../run-config.ts';

/** The configuration named `cifar10-strided`. */
export const cifar10Strided = {
  data: {
    kind: 'images',
    rows: 32,
    columns: 32,
    channels: 3,
    labelBytes: 1,
    validShare: 0.04,
    testShare: 0,
    onBadInput: 'refuse',
  },
  model: {
    length: 3072,
    layers: 4,
    width: 128,
    heads: 2,
    queryKeyFactor: 0.5,
    feedForwardFactor: 2,
    patterns: [
      { kind: 'column', stride: 96 },
      { kind: 'repeat', times: 3, pattern: { kind: 'local', window: 96 } },
    ],
    positions: { kind: 'image', rows: 32, columns: 32, channels: 3 },
    start: 'learned',
    dropout: 0,
    weightScale: 'released',
  },
  training: {
    batch: 2,
    accumulate: 1,
    steps: 2000,
    optimizer: 'adamw',
    peakLearningRate: 2e-3,
    finalLearningRate: 2e-4,
    warmupSteps: 100,
    weightDecay: 0.01,
    beta1: 0.9,
    beta2: 0.99,
    clipNorm: 1,
    averageDecay: 0.99,
    recompute: false,
    notFinite: 'stop',
    lossLimit: 0,
    overfitBatch: false,
  },
  validation: { every: 500, batch: 4, windows: 64, minimumContext: 0 },
  samples: { every: 1000, count: 9, tokens: 3072, temperature: 1 },
  checkpoints: { every: 250, keep: 2 },
} satisfies RunConfig;
