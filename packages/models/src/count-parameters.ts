import type { SparseTransformerConfig } from './config.ts';

/** How many numbers a model of this config trains, without making one: for its memory, and to hold a file against it. */
export function countParameters(config: SparseTransformerConfig): number {
  const { vocabulary, length, layers, width, feedForwardWidth: inner, positionStride } = config;
  const embeddings = (vocabulary + Math.ceil(length / positionStride) + positionStride) * width;
  const norm = 2 * width;
  const attention = 4 * (width * width + width);
  const feedForward = width * inner + inner + inner * width + width;
  const output = width * vocabulary;
  return embeddings + layers * (norm + attention + norm + feedForward) + norm + output;
}
