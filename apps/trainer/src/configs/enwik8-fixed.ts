/**
 * Bytes of Wikipedia, with the paper's best pattern for text: fixed, merged.
 *
 *     sparse-train --config enwik8-fixed --data enwik8.gz --out runs/enwik8-fixed --engine native
 *
 * The splits are the usual ones of enwik8: 90 % for training, 5 % for validation, 5 % for `sparse-train eval --split test`.
 *
 * Expect 2.53 bits a byte on the validation split of enwik8's first 3.9 MB, in 11 minutes on one core of an AMD EPYC with AVX-512; counting
 * four bytes back (Witten-Bell) reaches 2.57 there.
 */
import type { RunConfig } from '../configuration/index.ts';

/**
 * The first two of four layers: a small model finds the last bytes among 8 or 16 sooner than among hundreds, and the paper's own early
 * layers learned to look near (section 3, figure 2).
 */
export const nearBytes = [
  { kind: 'local', window: 8 },
  { kind: 'local', window: 16 },
] as const;

/** The configuration named `enwik8-fixed`. */
export const enwik8Fixed = {
  data: {
    kind: 'text',
    tokenizer: 'bytes',
    field: 'text',
    newlines: 'keep',
    anyBytes: false,
    validShare: 0.05,
    testShare: 0.05,
    onBadInput: 'refuse',
  },
  model: {
    length: 512,
    layers: 4,
    width: 128,
    heads: 4,
    queryKeyFactor: 1,
    feedForwardFactor: 4,
    patterns: [...nearBytes, { kind: 'repeat', times: 2, pattern: { kind: 'fixed', block: 32, summary: 8 } }],
    positions: { kind: 'attention', stride: 32 },
    start: 'none',
    dropout: 0,
    weightScale: 'variance',
  },
  training: {
    batch: 4,
    accumulate: 1,
    steps: 5000,
    optimizer: 'adamw',
    peakLearningRate: 3e-3,
    finalLearningRate: 3e-4,
    warmupSteps: 200,
    weightDecay: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    clipNorm: 1,
    averageDecay: 0.995,
    recompute: false,
    notFinite: 'stop',
    lossLimit: 10,
    overfitBatch: false,
  },
  validation: { every: 1000, batch: 8, windows: 400, minimumContext: 0 },
  samples: { every: 2500, count: 2, tokens: 400, temperature: 0.8 },
  checkpoints: { every: 250, keep: 2 },
} satisfies RunConfig;
