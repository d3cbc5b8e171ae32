/**
 * The paper's model of classical music over 65,536 samples (section 7.3): 152 million parameters, strided attention, the largest that went
 * into one V100 GPU of 16 GB.
 *
 *     sparse-train estimate --config music-strided-paper --data train/ --valid valid/ --engine native     what it takes here
 *     sparse-train --config music-strided-paper --data train/ --valid valid/ --out runs/music-paper
 *
 * The paper reached 1.97 bits a sample, on a data set of its own. It prints neither depth nor width; these have its number of parameters.
 */
import type { RunConfig } from '../configuration/index.ts';
import { imagenet64StridedPaper } from './imagenet64-strided-paper.ts';
import { musicStrided } from './music-strided.ts';

const { model, training, checkpoints } = imagenet64StridedPaper;

/** The configuration named `music-strided-paper`. */
export const musicStridedPaper: RunConfig = {
  ...musicStrided,
  model: {
    ...model,
    length: 65_536,
    patterns: [{ kind: 'strided', stride: 256 }],
    positions: { kind: 'attention', stride: 256 },
    start: 'none',
  },
  training: { ...training, batch: 8, accumulate: 8, steps: 100_000, peakLearningRate: 3.5e-4 },
  validation: { every: 1000, batch: 1, windows: 32, minimumContext: 0 },
  samples: { every: 5000, count: 1, tokens: 60_000, temperature: 1 },
  checkpoints,
};
