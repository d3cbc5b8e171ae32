import type { PositionsConfig, SparseTransformerConfig } from './config.ts';

/** How many numbers a model of this config trains, without making one: for its memory, and to hold a file against it. */
export function countParameters(config: SparseTransformerConfig): number {
  const { vocabulary, length, layers, width, feedForwardWidth: inner, queryKeyWidth } = config;
  const start = config.start === 'learned' ? 1 : 0;
  const embeddings = (vocabulary + positionRows(config.positions, length) + start) * width;
  const norm = 2 * width;
  const attention = 2 * (width + 1) * queryKeyWidth + 2 * (width + 1) * width;
  const feedForward = width * inner + inner + inner * width + width;
  const output = width * vocabulary;
  return embeddings + layers * (norm + attention + norm + feedForward) + norm + output;
}

/** Rows of all position tables. */
function positionRows(positions: PositionsConfig, length: number): number {
  if (positions.kind === 'image') return positions.rows + positions.columns + positions.channels;
  return Math.ceil(length / positions.stride) + positions.stride;
}
