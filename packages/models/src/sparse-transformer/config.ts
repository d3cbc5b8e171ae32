/** What a sparse transformer is, as plain data: enough to build it again from a checkpoint. */

import type { WeightScale } from '@sparse-transformers/layers';
import { fromJSON, type Pattern, type PatternJSON } from '@sparse-transformers/patterns';

/** The paper's attention embeddings: where a position stands in a matrix as wide as the pattern's stride or block. */
export interface AttentionPositionsConfig {
  /** For text and audio. */
  readonly kind: 'attention';
  /** Width of the matrix: the stride or block of the pattern. */
  readonly stride: number;
}

/** The paper's data embeddings of an image, whose numbers stand in raster order, the channels of a pixel side by side. */
export interface ImagePositionsConfig {
  /** For images. */
  readonly kind: 'image';
  /** Rows of pixels. */
  readonly rows: number;
  /** Columns of pixels. */
  readonly columns: number;
  /** Numbers of a pixel. */
  readonly channels: number;
}

/** How positions are embedded (the paper's section 5.3). */
export type PositionsConfig = AttentionPositionsConfig | ImagePositionsConfig;

/** The shape of a sparse transformer. */
export interface SparseTransformerConfig {
  /** Number of token ids, V. */
  readonly vocabulary: number;
  /** The most tokens it can see, n. */
  readonly length: number;
  /** Residual blocks, N. */
  readonly layers: number;
  /** Width of the residual stream, d. */
  readonly width: number;
  /** Attention heads, H. */
  readonly heads: number;
  /** Width of the queries and of the keys, all heads together: `width`, or half of it as in the paper's section 7.1. */
  readonly queryKeyWidth: number;
  /** Width of the feed-forward part: 4 · width in the paper, 2 · width where it is half-size. */
  readonly feedForwardWidth: number;
  /**
   * Causal patterns, one a layer, over and over: one for merged attention (the paper's equation 7), several for interleaved
   * attention (equation 6), one made by `perHead` for multi-head attention (equation 8).
   */
  readonly patterns: readonly Pattern[];
  /** How positions are embedded. */
  readonly positions: PositionsConfig;
  /**
   * What stands before the first token. `none`: nothing, so no logits are for the first token. `learned`: a vector of its own, the
   * sequence moves one slot to the right, and the first token is predicted too.
   */
  readonly start: 'none' | 'learned';
  /** Chance of a cell to become 0 at the end of each residual branch, in training. */
  readonly dropout: number;
  /** How the paper's initialisation is read. */
  readonly weightScale: WeightScale;
}

/** A config in the form that checkpoints hold. */
export interface SparseTransformerConfigJSON extends Omit<SparseTransformerConfig, 'patterns'> {
  /** Always `sparse-transformers/model`. */
  readonly format: 'sparse-transformers/model';
  /** Raised when the meaning changes. */
  readonly version: 2;
  /** The saved patterns. */
  readonly patterns: readonly PatternJSON[];
}

/** A config that makes no sense. The message names the field, what was expected and what came. */
export class ConfigError extends Error {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name = 'ConfigError';
}

const sizes = [
  'vocabulary',
  'length',
  'layers',
  'width',
  'heads',
  'queryKeyWidth',
  'feedForwardWidth',
] as const;

/** No model of this kind is larger; a hostile file may say anything. */
const largest: Readonly<Record<(typeof sizes)[number], number>> = {
  vocabulary: 2 ** 24,
  length: 2 ** 30,
  layers: 4096,
  width: 2 ** 20,
  heads: 65_536,
  queryKeyWidth: 2 ** 20,
  feedForwardWidth: 2 ** 22,
};

/** The fields of each kind of positions, and the largest of them. */
const positionSizes = {
  attention: { stride: 2 ** 24 },
  image: { rows: 2 ** 20, columns: 2 ** 20, channels: 2 ** 10 },
} as const;
const weightScales: readonly unknown[] = ['deviation', 'variance', 'released'] satisfies WeightScale[];

/**
 * Gives the config back if it makes sense.
 *
 * @throws ConfigError that names the field
 */
export function checkConfig(config: SparseTransformerConfig): SparseTransformerConfig {
  for (const name of sizes) checkWhole(name, config[name], largest[name]);
  for (const name of ['width', 'queryKeyWidth'] as const) {
    if (config[name] % config.heads !== 0) {
      throw new ConfigError(
        `${name} must be a multiple of heads (${config.heads}), but it is ${config[name]}.`,
      );
    }
  }
  if (config.queryKeyWidth > config.width) {
    throw new ConfigError(
      `queryKeyWidth must be at most width (${config.width}), but it is ${config.queryKeyWidth}.`,
    );
  }
  if (config.start !== 'none' && config.start !== 'learned') {
    throw new ConfigError(`start must be "none" or "learned", but it is ${show(config.start)}.`);
  }
  if (typeof config.dropout !== 'number' || !(config.dropout >= 0 && config.dropout < 1)) {
    throw new ConfigError(`dropout must be from 0 to below 1, but it is ${show(config.dropout)}.`);
  }
  if (!weightScales.includes(config.weightScale)) {
    throw new ConfigError(
      `weightScale must be "deviation", "variance" or "released", but it is ${show(config.weightScale)}.`,
    );
  }
  readPositions(config.positions, config.length);
  checkPatterns(config);
  return config;
}

/** The form to save. Throws if a pattern is a predicate, which can't be saved. */
export function configToJSON(config: SparseTransformerConfig): SparseTransformerConfigJSON {
  return {
    format: 'sparse-transformers/model',
    version: 2,
    ...checkConfig(config),
    patterns: config.patterns.map((pattern) => pattern.toJSON()),
  };
}

/**
 * Reads a saved config. The input may be hostile.
 *
 * @throws ConfigError or PatternError that names the field
 */
export function configFromJSON(json: unknown): SparseTransformerConfig {
  if (typeof json !== 'object' || json === null)
    throw new ConfigError('A model config must be a JSON object.');
  const fields = new Map<string, unknown>(Object.entries(json));
  if (fields.get('format') !== 'sparse-transformers/model' || fields.get('version') !== 2) {
    throw new ConfigError(
      'A model config must have the format "sparse-transformers/model", version 2. Another release may read this file.',
    );
  }
  const known = [...sizes, 'positions', 'start', 'dropout', 'weightScale', 'patterns', 'format', 'version'];
  const unknown = [...fields.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ConfigError(`A model config has no field ${JSON.stringify(unknown)}.`);
  const patterns = fields.get('patterns');
  if (!Array.isArray(patterns)) throw new ConfigError('patterns must be an array of saved patterns.');
  const size = (name: (typeof sizes)[number]) => checkWhole(name, fields.get(name), largest[name]);
  return checkConfig({
    vocabulary: size('vocabulary'),
    length: size('length'),
    layers: size('layers'),
    width: size('width'),
    heads: size('heads'),
    queryKeyWidth: size('queryKeyWidth'),
    feedForwardWidth: size('feedForwardWidth'),
    patterns: patterns.map(fromJSON),
    positions: readPositions(fields.get('positions'), size('length')),
    start: fields.get('start') as SparseTransformerConfig['start'],
    dropout: fields.get('dropout') as number,
    weightScale: fields.get('weightScale') as WeightScale,
  });
}

/** The positions of a config, which may come from anywhere; they must have room for `length` of them. */
function readPositions(value: unknown, length: number): PositionsConfig {
  const fields = new Map<string, unknown>(typeof value === 'object' && value ? Object.entries(value) : []);
  const kind = fields.get('kind');
  if (kind !== 'attention' && kind !== 'image') {
    throw new ConfigError(
      'positions must be { kind: "attention", stride } or { kind: "image", rows, columns, channels }, ' +
        `but its kind is ${show(kind)}.`,
    );
  }
  const allowed: Readonly<Record<string, number>> = positionSizes[kind];
  const unknown = [...fields.keys()].find((name) => name !== 'kind' && !Object.hasOwn(allowed, name));
  if (unknown !== undefined) throw new ConfigError(`positions has no field ${JSON.stringify(unknown)}.`);
  const size = (name: string) => checkWhole(`positions.${name}`, fields.get(name), allowed[name]!);
  if (kind === 'attention') return { kind: 'attention', stride: size('stride') };
  const image: ImagePositionsConfig = {
    kind: 'image',
    rows: size('rows'),
    columns: size('columns'),
    channels: size('channels'),
  };
  const places = image.rows * image.columns * image.channels;
  if (places >= length) return image;
  throw new ConfigError(
    `positions must have a place for each of ${length} tokens, but an image of ${image.rows}×${image.columns}×${image.channels} has ${places}.`,
  );
}

function checkWhole(name: string, value: unknown, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new ConfigError(`${name} must be a whole number from 1 to ${most}, but it is ${show(value)}.`);
}

/** A value in words. It may be hostile: an object's own `toString` is not asked. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function checkPatterns({ patterns, layers, heads }: SparseTransformerConfig): void {
  if (patterns.length === 0 || patterns.length > layers) {
    throw new ConfigError(
      `patterns must name 1 to ${layers} patterns, one a layer, but there are ${patterns.length}.`,
    );
  }
  for (const pattern of patterns) {
    if (!pattern.causal) {
      throw new ConfigError(`patterns must be causal in a decoder, but ${pattern.name} shows later keys.`);
    }
    if (pattern.heads && pattern.heads.length !== heads) {
      throw new ConfigError(`${pattern.name} names ${pattern.heads.length} heads, but heads is ${heads}.`);
    }
  }
}
