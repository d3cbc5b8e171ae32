/** The paper's network (section 5): embeddings, pre-activation residual blocks, a norm, logits. */
import { recompute } from '@sparse-transformers/kernels';
import {
  type AttentionCallOptions,
  attentionPositions,
  collectParameters,
  dense,
  type Initialiser,
  imagePositions,
  type Layer,
  norm,
  type Positions,
  paperInitialiser,
  type ResidualBlock,
  residualBlock,
  startVector,
  table,
} from '@sparse-transformers/layers';
import type { Pattern } from '@sparse-transformers/patterns';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { add, concat, tidy } from '@tensorflow/tfjs-core';
import { checkConfig, type SparseTransformerConfig } from './config.ts';

/** A decoder-only transformer: token ids in, logits of the next token out. */
export interface SparseTransformer extends Layer {
  /** What it was made from. */
  readonly config: SparseTransformerConfig;
  /**
   * int32 `[B, m]`, each from 0 to V − 1, to logits. Where `start` is `none`: `[B, m, V]`, position i's are for token i + 1. Where it is
   * `learned`: `[B, m + 1, V]`, slot i's are for token i; slot 0 is the start vector, slot i + 1 token i, and m may be 0.
   *
   * @throws RangeError when the slots are more than the model's length
   */
  apply(tokens: Tensor2D, options?: ForwardOptions): Tensor3D;
  /** Its parts, for decoding one token at a time. */
  readonly parts: SparseTransformerParts;
}

/** Options of one forward pass; `keyLengths` and `documents` count slots, a start vector among them. */
export interface ForwardOptions extends AttentionCallOptions {
  /** Dropout as in training; none unless given. */
  readonly dropout?: DropoutStep;
  /**
   * True: keep only the stream between the blocks for backward, and run each block again there (the paper's section 5.4). The same
   * gradients, bit for bit, for the memory of one block and the time of one more forward pass. Default false.
   */
  readonly recompute?: boolean;
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
  /**
   * Token and position embeddings: int32 `[B, m]`, of tokens that stand at these positions, to `[B, m, d]`. A token keeps its position
   * behind a start vector: what stands in slot i + 1 then is token i with position i.
   */
  embed(tokens: Tensor2D, positions: Int32Array): Tensor3D;
  /** The start vector for each sequence of a batch, `[batch, 1, d]`; undefined where `start` is `none`. */
  readonly start: ((batch: number) => Tensor3D) | undefined;
  /** The stream below the first block: int32 `[B, m]` from position 0 to `[B, slots, d]`, slots = m, or m + 1 with a start vector. */
  embedSequence(tokens: Tensor2D): Tensor3D;
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
  const { vocabulary, width, heads, queryKeyWidth, layers, weightScale } = checkConfig(config);
  const initialiser = paperInitialiser(seed, weightScale);
  const token = table(vocabulary, width, initialiser.embeddings(width));
  const position = positionsOf(config, initialiser);
  const start = config.start === 'learned' ? startVector(width, initialiser) : undefined;
  const sizes = { width, heads, queryKeyWidth, inner: config.feedForwardWidth };
  const branchFactor = 1 / Math.sqrt(2 * layers);
  const blocks = Array.from({ length: layers }, () => residualBlock({ ...sizes, branchFactor }, initialiser));
  const finalNorm = norm(width, { epsilon: 1e-6 });
  const output = dense(width, vocabulary, { weight: { constant: 0 }, bias: false });
  const embed = (tokens: Tensor2D, positions: Int32Array) =>
    tidy(() => add<Tensor3D>(token.apply(tokens), position.apply(positions)));
  const parts: SparseTransformerParts = {
    blocks,
    embed,
    start: start?.apply,
    embedSequence: (tokens) => tidy(() => embedSequence(tokens, embed, start?.apply)),
    logits: (x) => output.apply(finalNorm.apply(x)),
  };
  const layersByName: [string, Layer][] = blocks.map((block, index) => [`blocks.${index}`, block]);
  return {
    config,
    parts,
    parameters: collectParameters({
      token,
      position,
      ...(start && { start }),
      ...Object.fromEntries(layersByName),
      finalNorm,
      output,
    }),
    apply: (tokens, options = {}) => tidy(() => forward(config, parts, tokens, options)),
  };
}

function positionsOf(
  { positions, length, width }: SparseTransformerConfig,
  initialiser: Initialiser,
): Positions {
  if (positions.kind === 'image') return imagePositions({ ...positions, width }, initialiser);
  return attentionPositions({ length, stride: positions.stride, width }, initialiser);
}

function embedSequence(
  tokens: Tensor2D,
  embed: SparseTransformerParts['embed'],
  start: SparseTransformerParts['start'],
): Tensor3D {
  const [batch, length] = tokens.shape;
  if (start && length === 0) return start(batch);
  const x = embed(
    tokens,
    Int32Array.from({ length }, (_, position) => position),
  );
  return start ? concat([start(batch), x], 1) : x;
}

function forward(
  config: SparseTransformerConfig,
  { embedSequence, blocks, logits }: SparseTransformerParts,
  tokens: Tensor2D,
  { dropout, recompute: recomputes = false, ...options }: ForwardOptions,
): Tensor3D {
  checkLength(config, tokens);
  let x = embedSequence(tokens); // [B, slots, d]
  blocks.forEach((block, layer) => {
    const masks = dropout && {
      rate: config.dropout,
      seed: dropout.seed,
      counter: (dropout.step * config.layers + layer) * 2,
    };
    const blockOptions = masks ? { ...options, dropout: masks } : options;
    const run = (stream: Tensor) =>
      block.apply(stream as Tensor3D, patternOfLayer(config, layer), blockOptions);
    const variables = [...block.parameters.values()];
    x = recomputes ? recompute(run, { tensors: [x], variables }) : run(x);
  });
  return logits(x) as Tensor3D; // [B, slots, V]
}

function checkLength({ length, start }: SparseTransformerConfig, tokens: Tensor2D): void {
  const [, given] = tokens.shape;
  const most = start === 'learned' ? length - 1 : length;
  if (given > most) {
    throw new RangeError(
      `This model sees at most ${most} tokens, but ${given} came. Give it the last ${most}.`,
    );
  }
  if (given === 0 && start === 'none') {
    throw new RangeError('This model has no start vector, so it needs at least one token, but none came.');
  }
}
