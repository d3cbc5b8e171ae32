import type { Tensor } from '@tensorflow/tfjs-core';
import { clone } from '@tensorflow/tfjs-core';
import { requireDtype } from '../arguments.ts';
import { defineKernel } from '../dispatch.ts';
import { composedDropout } from './composed.ts';
import { dropoutGradient } from './gradient.ts';
import { requireMaskSource } from './mask.ts';

const runDropout = defineKernel({ name: 'Dropout', composed: composedDropout, gradient: dropoutGradient });

/**
 * Sets cells to 0 with chance `rate` and divides the others by 1 − rate, so that the mean stays.
 *
 * The mask is a pure function of seed, counter and a cell's place (Philox4x32-10): the same on every engine, and made
 * again for the gradient. Give each call in a training step its own counter.
 *
 * @param x float32 of any shape
 * @param rate from 0 (gives x unchanged) to below 1
 * @param seed whole number from 0 to 2⁵³ − 1, the same through a run
 * @param counter whole number from 0 to 2⁵³ − 1, another one for each call; default 0
 * @returns float32, the shape of x
 * @throws TypeError for another dtype, RangeError for a rate outside [0, 1) or a seed or counter that is no such number
 */
export function dropout<T extends Tensor>(x: T, rate: number, seed: number, counter = 0): T {
  requireDtype('dropout', 'x', x, 'float32');
  const source = { rate, seed, counter };
  requireMaskSource('dropout', source);
  return rate === 0 ? clone(x) : (runDropout({ x }, source) as T);
}
