import type { Initialiser } from './initialiser.ts';
import { type Positions, positionTables } from './position-tables.ts';

/**
 * The paper's attention embeddings (section 5.3), for text and audio: where each position stands in a matrix that is as wide as the
 * pattern's stride or block. Position i has the sum of a row for ⌊i ÷ stride⌋ and one for i mod stride.
 * Weights: `row.weight` `[⌈length ÷ stride⌉, width]` and `column.weight` `[stride, width]`.
 */
export function attentionPositions(
  { length, stride, width }: { length: number; stride: number; width: number },
  initialiser: Initialiser,
): Positions {
  const row = { rows: Math.ceil(length / stride), rowOf: (i: number) => Math.floor(i / stride) };
  const column = { rows: stride, rowOf: (i: number) => i % stride };
  return positionTables({ row, column }, width, initialiser);
}
