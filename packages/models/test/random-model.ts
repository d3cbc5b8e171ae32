/** Small models with random weights everywhere, so that no part of them is silent. */
import type { Pattern } from '@sparse-transformers/patterns';
import { randomFrom } from '@sparse-transformers/testing';
import { tensor, tidy } from '@tensorflow/tfjs-core';
import { type SparseTransformer, type SparseTransformerConfig, sparseTransformer } from '../src/index.ts';

/** A config of a few thousand weights. */
export function smallConfig(
  patterns: readonly Pattern[],
  changes: Partial<SparseTransformerConfig> = {},
): SparseTransformerConfig {
  return {
    vocabulary: 11,
    length: 300,
    layers: 2,
    width: 12,
    heads: 4,
    feedForwardWidth: 20,
    patterns,
    queryKeyWidth: changes.width ?? 12,
    positions: { kind: 'attention', stride: 7 },
    start: 'none',
    dropout: 0,
    weightScale: 'deviation',
    ...changes,
  };
}

/** A model whose every weight is a normal number, gains around 1. */
export function randomModel(config: SparseTransformerConfig, seed = 1): SparseTransformer {
  const model = sparseTransformer(config, { seed });
  const random = randomFrom(seed);
  for (const [name, weight] of model.parameters) {
    const centre = name.endsWith('.gain') ? 1 : 0;
    const values = random.normals(weight.size, 0.4).map((value) => value + centre);
    tidy(() => weight.assign(tensor(Float32Array.from(values), weight.shape)));
  }
  return model;
}

/** Token ids from a seed. */
export function randomTokens(length: number, vocabulary: number, seed = 2): number[] {
  return Array.from(randomFrom(seed).integers(length, vocabulary));
}
