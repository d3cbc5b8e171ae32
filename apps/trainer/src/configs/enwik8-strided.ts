/**
 * As `enwik8-fixed`, with the strided pattern, merged: the paper's Table 2 finds it worse than fixed on text.
 *
 *     sparse-train --config enwik8-strided --data enwik8.gz --out runs/enwik8-strided --engine native
 *
 * Expect 2.50 bits a byte where `enwik8-fixed` reaches 2.53, in as many minutes: at 512 tokens and 10 million of them the order of the
 * two is not the paper's.
 */
import type { RunConfig } from '../configuration/index.ts';
import { enwik8Fixed, nearBytes } from './enwik8-fixed.ts';

/** The configuration named `enwik8-strided`. */
export const enwik8Strided: RunConfig = {
  ...enwik8Fixed,
  model: {
    ...enwik8Fixed.model,
    patterns: [...nearBytes, { kind: 'repeat', times: 2, pattern: { kind: 'strided', stride: 32 } }],
  },
};
