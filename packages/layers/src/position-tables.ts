import type { Tensor } from '@tensorflow/tfjs-core';
import { add, tensor1d } from '@tensorflow/tfjs-core';
import type { Initialiser } from './initialiser.ts';
import { collectParameters, type Layer } from './parameters.ts';
import { table } from './table.ts';

/** An embedding of positions. */
export interface Positions extends Layer {
  /** The rows of these positions: `[positions.length, width]`. */
  apply(positions: Int32Array): Tensor;
}

/** A table of some rows, and which of them a position has. */
export interface PositionTable {
  /** How many there are. */
  readonly rows: number;
  /** The row of a position. */
  rowOf(position: number): number;
}

/** Each position has the sum of one row of each table, added in their order; N(0, 0.125 ÷ √(d · n_emb)) in the paper's section 5.3. */
export function positionTables(
  tables: Readonly<Record<string, PositionTable>>,
  width: number,
  initialiser: Initialiser,
): Positions {
  const count = Object.keys(tables).length;
  const named = Object.entries(tables).map(([name, { rows, rowOf }]) => {
    const layer = table(rows, width, initialiser.embeddings(width, count));
    return { name, layer, rowOf };
  });
  return {
    parameters: collectParameters(Object.fromEntries(named.map(({ name, layer }) => [name, layer]))),
    apply: (positions) =>
      named
        .map(({ layer, rowOf }) => layer.apply(tensor1d(positions.map(rowOf), 'int32')))
        .reduce((sum, rows) => add(sum, rows)),
  };
}
