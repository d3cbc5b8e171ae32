import { dropout } from '@sparse-transformers/kernels';
import type { Pattern, Plan } from '@sparse-transformers/patterns';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import { add, tidy } from '@tensorflow/tfjs-core';
import { type Attention, type AttentionCallOptions, attention } from './attention.ts';
import { type FeedForward, feedForward } from './feed-forward.ts';
import type { Initialiser } from './initialiser.ts';
import { type Norm, norm } from './norm.ts';
import { collectParameters, type Layer } from './parameters.ts';

/** Replayable dropout: the same numbers give the same masks on every engine. */
export interface DropoutSource {
  /** Chance of a cell to become 0. */
  readonly rate: number;
  /** The run's seed. */
  readonly seed: number;
  /** Another number for each block and step; the block uses this one and the next. */
  readonly counter: number;
}

/** A pre-activation residual block. */
export interface ResidualBlock extends Layer {
  /** `[B, n, d]` to `[B, n, d]`. */
  apply(x: Tensor3D, patternOrPlan: Pattern | Plan, options?: ResidualBlockOptions): Tensor3D;
  /** Its parts, for decoding one token at a time. */
  readonly parts: ResidualBlockParts;
}

/** What a residual block is made of. */
export interface ResidualBlockParts {
  /** Before the attention. */
  readonly attentionNorm: Norm;
  /** The attention. */
  readonly attention: Attention;
  /** Before the feed-forward part. */
  readonly feedForwardNorm: Norm;
  /** The feed-forward part. */
  readonly feedForward: FeedForward;
}

/** Options of one call of a block. */
export interface ResidualBlockOptions extends AttentionCallOptions {
  /** Dropout at the end of both branches; none unless given. */
  readonly dropout?: DropoutSource;
}

/** The sizes of a residual block. */
export interface ResidualBlockSizes {
  /** Of the stream, d. */
  readonly width: number;
  /** Attention heads, H. */
  readonly heads: number;
  /** Of the queries and of the keys, all heads together; d unless given. */
  readonly queryKeyWidth?: number;
  /** Of the feed-forward part. */
  readonly inner: number;
  /** Scales the starting values of the last matrix of both branches; 1 unless given. */
  readonly branchFactor?: number;
}

/**
 * The paper's residual block (section 5.2): H + a(H) + b(H), a = dropout(attention(norm(H))),
 * b = dropout(feedForward(norm(H + a(H)))).
 * `branchFactor` scales the last matrix of both branches: 1 ÷ √(2N) in a network of N blocks (section 6).
 * Weights: `attentionNorm`, `attention`, `feedForwardNorm`, `feedForward`.
 */
export function residualBlock(
  { width, heads, queryKeyWidth = width, inner, branchFactor = 1 }: ResidualBlockSizes,
  initialiser: Initialiser,
): ResidualBlock {
  const parts = {
    attentionNorm: norm(width),
    attention: attention({ width, heads, queryKeyWidth, outputFactor: branchFactor }, initialiser),
    feedForwardNorm: norm(width),
    feedForward: feedForward({ width, inner, outputFactor: branchFactor }, initialiser),
  };
  return {
    parts,
    parameters: collectParameters(parts),
    apply: (x, patternOrPlan, { dropout: source, ...options } = {}) => {
      // Each branch in its own tidy: what no gradient needs is gone before the next branch begins.
      const afterAttention = tidy(() => {
        const normal = parts.attentionNorm.apply(x) as Tensor3D;
        const attended = parts.attention.apply(normal, patternOrPlan, options);
        return add<Tensor3D>(x, dropped(attended, source, 0));
      });
      return tidy(() => {
        const changed = parts.feedForward.apply(parts.feedForwardNorm.apply(afterAttention));
        return add<Tensor3D>(afterAttention, dropped(changed, source, 1));
      });
    },
  };
}

function dropped<T extends Tensor>(x: T, source: DropoutSource | undefined, branch: number): T {
  return source && source.rate > 0 ? dropout(x, source.rate, source.seed, source.counter + branch) : x;
}
