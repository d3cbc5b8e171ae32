/**
 * Images of 64 × 64 pixels with the strided pattern at a full length of 12,288: files of records as CIFAR-10 has them, or a
 * folder of pictures.
 *
 *     sparse-train --config imagenet64-strided --data imagenet64.bin.gz --out runs/imagenet64 --engine native
 *
 * Expect 5.63 bits a dim on 200 images after 1,400 of Tiny ImageNet, in 6 minutes on one core of an AMD EPYC with AVX-512; as PNG they take
 * 5.99.
 */
import type { RunConfig } from '../configuration/index.ts';
import { cifar10Strided } from './cifar10-strided.ts';

const { data: imageData, model, training, validation, samples } = cifar10Strided;

/** The configuration named `imagenet64-strided`. */
export const imagenet64Strided: RunConfig = {
  ...cifar10Strided,
  data: { ...imageData, rows: 64, columns: 64 },
  model: {
    ...model,
    length: 12_288,
    layers: 2,
    width: 96,
    patterns: [{ kind: 'strided', stride: 192 }],
    positions: { kind: 'image', rows: 64, columns: 64, channels: 3 },
  },
  training: { ...training, batch: 1, steps: 1500 },
  validation: { ...validation, every: 500, batch: 1, windows: 16 },
  samples: { ...samples, every: 750, count: 4, tokens: 12_288 },
};
