import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { requireDtype } from '../arguments.ts';
import { defineKernel } from '../dispatch.ts';
import { composedEmbedding } from './composed.ts';
import { embeddingGradient } from './gradient.ts';

const runEmbedding = defineKernel({
  name: 'Embedding',
  composed: composedEmbedding,
  gradient: embeddingGradient,
});

/**
 * Looks up rows of a table; the gradient adds up what came back to each row.
 *
 * An index outside the table is refused on the engines `wasm` and `native` and on the stock backends `cpu`, `wasm` and
 * `tensorflow`; on others its row is NaN.
 *
 * @param table float32 `[V, d]`
 * @param indices int32 `[...]`, each from 0 to V − 1
 * @returns float32 `[..., d]`
 * @throws TypeError for another dtype, RangeError for another shape or an index outside the table
 */
export function embedding(table: Tensor2D, indices: Tensor): Tensor {
  requireDtype('embedding', 'table', table, 'float32');
  requireDtype('embedding', 'indices', indices, 'int32');
  if (table.rank !== 2 || table.size === 0) {
    throw new RangeError(
      `embedding: table must have the shape [rows, width], both at least 1, but has [${table.shape}].`,
    );
  }
  const [rows, width] = table.shape;
  return runEmbedding({ table, indices }, { rows, width });
}
