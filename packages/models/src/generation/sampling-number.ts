import { philox } from '@sparse-transformers/kernels';

/** Which random number of a sampling. */
export interface SamplingPlace {
  /** The whole sampling: a whole number from 0 to 2⁵³ − 1. */
  readonly seed: number;
  /** Which of several texts, from 0. */
  readonly sample: number;
  /** Which new token, from 0. */
  readonly token: number;
}

const wordSize = 2 ** 32;
/** Keeps these numbers apart from those of dropout (0) and of starting weights (1). */
const domain = 2;

/**
 * A number from 0 to below 1 with 53 random bits, for one token of one text: the same place gives the same number
 * everywhere, whatever was sampled before.
 *
 * It is Philox4x32-10 under the key (low word of the seed, its high word) with the counter words (token, 2, sample, 0):
 * the upper 27 bits of its first word, then the upper 26 bits of its second.
 */
export function samplingNumber({ seed, sample, token }: SamplingPlace): number {
  const words = Uint32Array.of(token, domain, sample, 0);
  philox(words, seed % wordSize, Math.floor(seed / wordSize));
  return ((words[0]! >>> 5) * 2 ** 26 + (words[1]! >>> 6)) / 2 ** 53;
}
