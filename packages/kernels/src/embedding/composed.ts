import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { expandDims, gather, reshape, scatterND } from '@tensorflow/tfjs-core';
import { poisoned, requireIndices, safeIndices } from '../indices.ts';

/** Inputs of the kernel `Embedding`: table `[V, d]`, indices int32 `[...]`. */
export type EmbeddingInputs = { table: Tensor2D; indices: Tensor };

/** Inputs of the kernel `EmbeddingGradient`: dy `[..., d]`, indices int32 `[...]`. */
export type EmbeddingGradientInputs = { dy: Tensor; indices: Tensor };

/** The rows of the table at the indices. */
export function composedEmbedding({ table, indices }: EmbeddingInputs): Tensor {
  const [rows, width] = table.shape;
  requireIndices('embedding', 'indices', indices, rows);
  const safe = safeIndices(reshape(indices, [indices.size]), rows);
  const picked = gather(table, safe.indices); // [tokens, d]
  return reshape(poisoned(picked, safe.poison && expandDims(safe.poison, 1)), [...indices.shape, width]);
}

/** Adds each row of dy to the row of the table it came from. `scatterND` sums duplicates, on stock wasm too. */
export function composedEmbeddingGradient(
  { dy, indices }: EmbeddingGradientInputs,
  { rows, width }: { rows: number; width: number },
): Tensor {
  const tokens = indices.size;
  const safe = safeIndices(reshape(indices, [tokens]), rows);
  return scatterND(expandDims(safe.indices, 1), reshape(dy, [tokens, width]), [rows, width]);
}
