import type { Tensor } from '@tensorflow/tfjs-core';
import { add, tensor1d } from '@tensorflow/tfjs-core';
import type { Initialiser } from './initialiser.ts';
import { collectParameters, type Layer } from './parameters.ts';
import { table } from './table.ts';

/** Where each position stands in a matrix that is as wide as the pattern's stride or block. */
export interface AttentionPositions extends Layer {
  /** The rows of these positions: `[positions.length, width]`. */
  apply(positions: Int32Array): Tensor;
}

/**
 * The paper's attention embeddings (section 5.3): position i has the sum of a row for ⌊i ÷ stride⌋ and one for i mod stride.
 * Weights: `row.weight` `[⌈length ÷ stride⌉, width]` and `column.weight` `[stride, width]`.
 */
export function attentionPositions(
  { length, stride, width }: { length: number; stride: number; width: number },
  initialiser: Initialiser,
): AttentionPositions {
  // Two tables are summed, so each has half the variance.
  const rows = table(Math.ceil(length / stride), width, initialiser.weights(width * 2));
  const columns = table(stride, width, initialiser.weights(width * 2));
  return {
    parameters: collectParameters({ row: rows, column: columns }),
    apply: (positions) =>
      add(
        rows.apply(indices(positions, (position) => Math.floor(position / stride))),
        columns.apply(indices(positions, (position) => position % stride)),
      ),
  };
}

function indices(positions: Int32Array, of: (position: number) => number): Tensor {
  return tensor1d(positions.map(of), 'int32');
}
