/** The paper's network (section 5): embeddings, pre-activation residual blocks, a norm, logits. */
import {
  type AttentionCallOptions,
  attentionPositions,
  collectParameters,
  dense,
  type Layer,
  norm,
  paperInitialiser,
  type ResidualBlock,
  residualBlock,
  table,
} from '@sparse-transformers/layers';
import type { Pattern } from '@sparse-transformers/patterns';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { add, tidy } from '@tensorflow/tfjs-core';
import { checkConfig, type SparseTransformerConfig } from './config.ts';

/** A decoder-only transformer: token ids in, logits of the next token out. */
export interface SparseTransformer extends Layer {
  /** What it was made from. */
  readonly config: SparseTransformerConfig;
  /**
   * int32 `[B, n]`, each from 0 to V − 1, to logits `[B, n, V]`: position i's are for token i + 1.
   *
   * @throws RangeError when n is above the model's length
   */
  apply(tokens: Tensor2D, options?: ForwardOptions): Tensor3D;
  /** Its parts, for decoding one token at a time. */
  readonly parts: SparseTransformerParts;
}

/** Options of one forward pass. */
export interface ForwardOptions extends AttentionCallOptions {
  /** Dropout as in training; none unless given. */
  readonly dropout?: DropoutStep;
}

/** Where a training run stands: the same two numbers give the same dropout masks. */
export interface DropoutStep {
  /** The run's seed: a whole number from 0 to 2⁵³ − 1. */
  readonly seed: number;
  /** The step, from 0; another one for each forward pass of the run. */
  readonly step: number;
}

/** What a model is made of. */
export interface SparseTransformerParts {
  /** Token and position embeddings: int32 `[B, n]` at these positions to `[B, n, d]`. */
  embed(tokens: Tensor2D, positions: Int32Array): Tensor3D;
  /** The residual blocks, first to last. */
  readonly blocks: readonly ResidualBlock[];
  /** The final norm and the output matrix: `[..., d]` to `[..., V]`. */
  logits(x: Tensor): Tensor;
}

/** The causal pattern of each block. */
export function patternOfLayer({ patterns }: SparseTransformerConfig, layer: number): Pattern {
  return patterns[layer % patterns.length]!;
}

/**
 * Builds a model with the paper's initialisation (section 6). The output matrix starts at 0, so a new model gives every
 * token the same chance: a loss of ln V.
 *
 * @param seed whole number from 0 to 2⁵³ − 1: the same gives the same weights
 * @throws ConfigError when the config makes no sense
 */
export function sparseTransformer(
  config: SparseTransformerConfig,
  { seed }: { seed: number },
): SparseTransformer {
  const { vocabulary, length, width, heads, layers, positionStride, weightScale } = checkConfig(config);
  const initialiser = paperInitialiser(seed, weightScale);
  const token = table(vocabulary, width, initialiser.weights(width));
  const position = attentionPositions({ length, stride: positionStride, width }, initialiser);
  const branchFactor = 1 / Math.sqrt(2 * layers);
  const blocks = Array.from({ length: layers }, () =>
    residualBlock({ width, heads, inner: config.feedForwardWidth, branchFactor }, initialiser),
  );
  const finalNorm = norm(width, { epsilon: 1e-6 });
  const output = dense(width, vocabulary, { weight: { constant: 0 }, bias: false });
  const parts: SparseTransformerParts = {
    blocks,
    embed: (tokens, positions) => add(token.apply(tokens), position.apply(positions)),
    logits: (x) => output.apply(finalNorm.apply(x)),
  };
  const layersByName: [string, Layer][] = blocks.map((block, index) => [`blocks.${index}`, block]);
  return {
    config,
    parts,
    parameters: collectParameters({
      token,
      position,
      ...Object.fromEntries(layersByName),
      finalNorm,
      output,
    }),
    apply: (tokens, options = {}) => tidy(() => forward(config, parts, tokens, options)),
  };
}

function forward(
  config: SparseTransformerConfig,
  { embed, blocks, logits }: SparseTransformerParts,
  tokens: Tensor2D,
  { dropout, ...options }: ForwardOptions,
): Tensor3D {
  const [, length] = tokens.shape;
  if (length > config.length) {
    throw new RangeError(
      `This model sees at most ${config.length} tokens, but ${length} came. Give it the last ${config.length}.`,
    );
  }
  let x = embed(
    tokens,
    Int32Array.from({ length }, (_, position) => position),
  ); // [B, n, d]
  blocks.forEach((block, layer) => {
    const masks = dropout && {
      rate: config.dropout,
      seed: dropout.seed,
      counter: (dropout.step * config.layers + layer) * 2,
    };
    x = block.apply(x, patternOfLayer(config, layer), masks ? { ...options, dropout: masks } : options);
  });
  return logits(x) as Tensor3D; // [B, n, V]
}
