/**
 * The paper's model of ImageNet 64 × 64 (section 7.1): 152 million parameters in 48 layers, strided attention with stride 128.
 *
 *     sparse-train estimate --config imagenet64-strided-paper --data imagenet64/ --engine native     what it takes here
 *     sparse-train --config imagenet64-strided-paper --data train/ --valid valid/ --out runs/imagenet64-paper
 *
 * The paper reached 3.44 bits a dim on the validation images, after 70 epochs, seven days on 64 V100 GPUs. It prints neither learning rate
 * nor batch; the rate here is that of the released code for this size.
 */
import type { RunConfig } from '../configuration/index.ts';
import { cifar10StridedPaper } from './cifar10-strided-paper.ts';
import { imagenet64Strided } from './imagenet64-strided.ts';

const { training, checkpoints } = cifar10StridedPaper;

/** The configuration named `imagenet64-strided-paper`. */
export const imagenet64StridedPaper: RunConfig = {
  ...imagenet64Strided,
  model: {
    ...imagenet64Strided.model,
    layers: 48,
    width: 512,
    heads: 16,
    queryKeyFactor: 1,
    feedForwardFactor: 4,
    patterns: [
      { kind: 'local', window: 128 },
      { kind: 'column', stride: 128 },
      { kind: 'repeat', times: 2, pattern: { kind: 'local', window: 128 } },
    ],
    dropout: 0.01,
  },
  training: { ...training, batch: 64, accumulate: 64, steps: 1_400_000, peakLearningRate: 1.5e-4 },
  validation: { every: 2000, batch: 1, windows: 200, minimumContext: 0 },
  samples: { every: 10_000, count: 4, tokens: 12_288, temperature: 1 },
  checkpoints,
};
