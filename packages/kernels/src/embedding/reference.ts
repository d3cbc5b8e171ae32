import type { Rounding } from '../rounding.ts';
import { exact } from '../rounding.ts';

/** Plain-loop embedding over row-major numbers: table `[V, width]`, indices `[tokens]` -> `[tokens, width]`. */
export function referenceEmbedding(table: Float64Array, indices: Int32Array, width: number): Float64Array {
  const output = new Float64Array(indices.length * width);
  indices.forEach((row, token) => {
    for (let column = 0; column < width; column++)
      output[token * width + column] = table[row * width + column]!;
  });
  return output;
}

/** Gradient of `referenceEmbedding` for the table: dy `[tokens, width]` -> `[rows, width]`. */
export function referenceEmbeddingGradient(
  dy: Float64Array,
  indices: Int32Array,
  rows: number,
  width: number,
  round: Rounding = exact,
): Float64Array {
  const dTable = new Float64Array(rows * width);
  indices.forEach((row, token) => {
    for (let column = 0; column < width; column++) {
      const cell = row * width + column;
      dTable[cell] = round(dTable[cell]! + dy[token * width + column]!);
    }
  });
  return dTable;
}
