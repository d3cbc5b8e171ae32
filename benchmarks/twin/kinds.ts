/** One small model of each kind that the paper trains, with the parts that only this kind has, and something to learn for it. */
import { philox } from '@sparse-transformers/kernels';
import type { SparseTransformerConfig } from '@sparse-transformers/models';
import {
  column,
  distinctSlots,
  fixed,
  local,
  perHead,
  strided,
  summary,
} from '@sparse-transformers/patterns';

/** A model, and how its sequences look. */
export interface ModelKind {
  readonly name: string;
  readonly config: SparseTransformerConfig;
  /** Sequences in a batch. */
  readonly batch: number;
  /** How many places back stands the token that most tokens follow from. */
  readonly lag: number;
}

/** `released` embeddings are so small that Adam's first steps at this rate make rounding grow: our own engines then differ by 1e-4. */
const common = {
  vocabulary: 37,
  length: 96,
  layers: 3,
  width: 64,
  heads: 4,
  queryKeyWidth: 64,
  feedForwardWidth: 256,
  positions: { kind: 'attention', stride: 16 },
  start: 'none',
  dropout: 0,
  weightScale: 'variance',
} as const;

/** All kinds. */
export const modelKinds: readonly ModelKind[] = [
  {
    name: 'text, merged',
    config: { ...common, patterns: [fixed({ block: 16, summary: 4 })] },
    batch: 8,
    lag: 1,
  },
  {
    name: 'text, multi-head slots',
    config: { ...common, patterns: [distinctSlots(fixed, { heads: 4, block: 16, summary: 4 })] },
    batch: 8,
    lag: 1,
  },
  {
    name: 'text, interleaved 1:3',
    config: {
      ...common,
      layers: 4,
      patterns: [column({ stride: 12 }), local({ window: 12 }), local({ window: 12 }), local({ window: 12 })],
    },
    batch: 8,
    lag: 1,
  },
  {
    name: 'text, mixed',
    config: {
      ...common,
      patterns: [
        strided({ stride: 10, window: 11 }),
        distinctSlots(summary, { heads: 4, block: 16, summary: 2 }),
        perHead([local({ window: 9 }), column({ stride: 7 }), strided({ stride: 5 }), local({ window: 96 })]),
      ],
    },
    batch: 8,
    lag: 1,
  },
  {
    name: 'images',
    config: {
      ...common,
      layers: 4,
      heads: 2,
      queryKeyWidth: 32,
      feedForwardWidth: 128,
      patterns: [local({ window: 24 }), column({ stride: 24 })],
      positions: { kind: 'image', rows: 4, columns: 8, channels: 3 },
      start: 'learned',
    },
    batch: 8,
    lag: 3,
  },
  {
    name: 'audio',
    config: {
      ...common,
      vocabulary: 64,
      length: 512,
      width: 32,
      queryKeyWidth: 32,
      feedForwardWidth: 128,
      patterns: [strided({ stride: 32 })],
      positions: { kind: 'attention', stride: 32 },
    },
    batch: 2,
    lag: 1,
  },
];

/** Tokens of a sequence of a batch: those that a model with a learned start predicts all, else one before them too. */
export function tokensOf({ start, length }: SparseTransformerConfig): number {
  return start === 'learned' ? length : length + 1;
}

/** A batch of sequences: most tokens follow from the one `lag` before, every third is copied from seven places back, a tenth is noise. */
export function sentences({ config, batch, lag }: ModelKind, step: number): Int32Array {
  const [length, { vocabulary }] = [tokensOf(config), config];
  const tokens = new Int32Array(batch * length);
  const words = new Uint32Array(4);
  for (let index = 0; index < tokens.length; index++) {
    words.set([index, step, 0, 0]);
    philox(words, 2026, 0);
    const place = index % length;
    const isNoise = place < 7 || words[0]! % 10 === 0;
    const follower = place % 3 === 0 ? tokens[index - 7]! : (tokens[index - lag]! * 2 + 1) % vocabulary;
    tokens[index] = isNoise ? words[1]! % vocabulary : follower;
  }
  return tokens;
}
