/**
 * Pictures of your own, cut to their middle square and brought to 32 × 32 pixels: a folder with all below it, or globs.
 *
 *     sparse-train --config image-folder --data photos/ --out runs/photos --engine native
 *
 * What can't be read is left out, told and counted.
 */
import type { RunConfig } from '../configuration/index.ts';
import { cifar10Strided } from './cifar10-strided.ts';

/** The configuration named `image-folder`. */
export const imageFolder: RunConfig = {
  ...cifar10Strided,
  data: { ...cifar10Strided.data, validShare: 0.1, onBadInput: 'skip' },
};
