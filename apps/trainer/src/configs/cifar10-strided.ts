/**
 * CIFAR-10 with the paper's strided pattern: the last row of numbers, and the column above. Merged in every layer, since four layers learn
 * faster so than interleaved, as the released code has it. Queries, keys and feed-forward parts have half size, and the first number is
 * predicted from a learned start.
 *
 *     sparse-train --config cifar10-strided --data data_batch_1.bin data_batch_2.bin --out runs/cifar10 --engine native
 *
 * The files are those of CIFAR-10's binary version, packed by gzip or not.
 *
 * Expect 5.31 bits a dim on 400 of the first file's 10,000 images (measured on the last ones), in 11 minutes on one core of an AMD EPYC with
 * AVX-512; as PNG they take 5.93.
 */
import type { RunConfig } from '../configuration/index.ts';

/** The configuration named `cifar10-strided`. */
export const cifar10Strided = {
  data: {
    kind: 'images',
    rows: 32,
    columns: 32,
    channels: 3,
    labelBytes: 1,
    splitSeed: 0,
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
    patterns: [{ kind: 'strided', stride: 96 }],
    positions: { kind: 'image', rows: 32, columns: 32, channels: 3 },
    start: 'learned',
    dropout: 0,
    weightScale: 'released',
  },
  training: {
    batch: 1,
    accumulate: 1,
    steps: 4000,
    optimizer: 'adamw',
    peakLearningRate: 4e-3,
    finalLearningRate: 4e-4,
    warmupSteps: 200,
    weightDecay: 0.01,
    beta1: 0.9,
    beta2: 0.99,
    clipNorm: 1,
    averageDecay: 0.99,
    recompute: false,
    notFinite: 'stop',
    lossLimit: 10,
    overfitBatch: false,
  },
  validation: { every: 1000, batch: 4, windows: 64, minimumContext: 0 },
  samples: { every: 1000, count: 9, tokens: 3072, temperature: 1 },
  checkpoints: { every: 250, keep: 2 },
} satisfies RunConfig;
