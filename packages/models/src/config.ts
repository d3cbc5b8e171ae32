/** What a sparse transformer is, as plain data: enough to build it again from a checkpoint. */

import type { WeightScale } from '@sparse-transformers/layers';
import { fromJSON, type Pattern, type PatternJSON } from '@sparse-transformers/patterns';

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
  /** Width of the feed-forward part: 4 · width in the paper. */
  readonly feedForwardWidth: number;
  /**
   * Causal patterns, one a layer, over and over: one for merged attention (the paper's equation 7), several for interleaved
   * attention (equation 6), one made by `perHead` for multi-head attention (equation 8).
   */
  readonly patterns: readonly Pattern[];
  /** Width of the matrix that the position embeddings see: the stride or block of the pattern. */
  readonly positionStride: number;
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
  readonly version: 1;
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
  'feedForwardWidth',
  'positionStride',
] as const;

/** No model of this kind is larger; a hostile file may say anything. */
const largest: Readonly<Record<(typeof sizes)[number], number>> = {
  vocabulary: 2 ** 24,
  length: 2 ** 30,
  layers: 4096,
  width: 2 ** 20,
  heads: 65_536,
  feedForwardWidth: 2 ** 22,
  positionStride: 2 ** 24,
};

/**
 * Gives the config back if it makes sense.
 *
 * @throws ConfigError that names the field
 */
export function checkConfig(config: SparseTransformerConfig): SparseTransformerConfig {
  for (const name of sizes) checkWhole(name, config[name], largest[name]);
  if (config.width % config.heads !== 0) {
    throw new ConfigError(`width must be a multiple of heads (${config.heads}), but it is ${config.width}.`);
  }
  if (typeof config.dropout !== 'number' || !(config.dropout >= 0 && config.dropout < 1)) {
    throw new ConfigError(`dropout must be from 0 to below 1, but it is ${show(config.dropout)}.`);
  }
  if (config.weightScale !== 'deviation' && config.weightScale !== 'variance') {
    throw new ConfigError(
      `weightScale must be "deviation" or "variance", but it is ${show(config.weightScale)}.`,
    );
  }
  checkPatterns(config);
  return config;
}

/** The form to save. Throws if a pattern is a predicate, which can't be saved. */
export function configToJSON(config: SparseTransformerConfig): SparseTransformerConfigJSON {
  return {
    format: 'sparse-transformers/model',
    version: 1,
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
  if (fields.get('format') !== 'sparse-transformers/model' || fields.get('version') !== 1) {
    throw new ConfigError(
      'A model config must have the format "sparse-transformers/model", version 1. A newer release may read this file.',
    );
  }
  const known = [...sizes, 'dropout', 'weightScale', 'patterns', 'format', 'version'];
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
    feedForwardWidth: size('feedForwardWidth'),
    positionStride: size('positionStride'),
    patterns: patterns.map(fromJSON),
    dropout: fields.get('dropout') as number,
    weightScale: fields.get('weightScale') as WeightScale,
  });
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
