/**
 * The paper's model of CIFAR-10 (section 7.1): 59 million parameters in 128 layers, strided attention, half-size queries, keys and
 * feed-forward parts.
 *
 *     sparse-train estimate --config cifar10-strided-paper --data 'data_batch_*.bin' --engine native     what it takes here
 *     sparse-train --config cifar10-strided-paper --data 'data_batch_*.bin' --out runs/cifar10-paper
 *
 * The paper reached 2.80 bits a dim on the test images, after 120 epochs of 48,000 images on 8 V100 GPUs. Stride, batch and the order of
 * layers are those of its released code; the paper doesn't print them.
 */
import type { RunConfig } from '../configuration/index.ts';
import { cifar10Strided } from './cifar10-strided.ts';
import { enwik8FixedPaper } from './enwik8-fixed-paper.ts';

/** The configuration named `cifar10-strided-paper`. */
export const cifar10StridedPaper: RunConfig = {
  ...cifar10Strided,
  model: {
    ...cifar10Strided.model,
    layers: 128,
    width: 256,
    patterns: [
      { kind: 'column', stride: 96 },
      { kind: 'repeat', times: 3, pattern: { kind: 'local', window: 96 } },
    ],
    dropout: 0.25,
  },
  training: { ...enwik8FixedPaper.training, steps: 360_000, accumulate: 8 },
  validation: { every: 3000, batch: 4, windows: 2000, minimumContext: 0 },
  samples: { every: 9000, count: 16, tokens: 3072, temperature: 1 },
  checkpoints: { every: 500, keep: 3 },
};
