import type { Initialiser } from './initialiser.ts';
import { type Positions, positionTables } from './position-tables.ts';

/**
 * The paper's data embeddings of images (section 5.3): the numbers of an image stand in raster order, the channels of a pixel side by
 * side, and each has the sum of a row for its pixel's row, one for its column and one for its channel.
 * Weights: `row.weight` `[rows, width]`, `column.weight` `[columns, width]` and `channel.weight` `[channels, width]`.
 */
export function imagePositions(
  { rows, columns, channels, width }: { rows: number; columns: number; channels: number; width: number },
  initialiser: Initialiser,
): Positions {
  const row = { rows, rowOf: (i: number) => Math.floor(i / (columns * channels)) };
  const column = { rows: columns, rowOf: (i: number) => Math.floor(i / channels) % columns };
  const channel = { rows: channels, rowOf: (i: number) => i % channels };
  return positionTables({ row, column, channel }, width, initialiser);
}
