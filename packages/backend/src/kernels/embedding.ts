import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type BackendKernel, kernel } from '../kernel.ts';
import { type CheckedIndices, unlessBadIndex } from './bad-index.ts';

type Table = { rows: number; width: number };

const checked = (indices: TensorInfo, rows: number): CheckedIndices => ({
  operation: 'embedding',
  argument: 'indices',
  indices,
  limit: rows,
});

/** `Embedding` and `EmbeddingGradient` of packages/kernels. */
export const embeddingKernels: readonly BackendKernel[] = [
  kernel<{ table: TensorInfo; indices: TensorInfo }, Table>(
    'Embedding',
    ({ inputs: { table, indices }, attributes: { rows, width }, backend }) => {
      const y = backend.make([...indices.shape, width], 'float32');
      const numbers = [util.sizeFromShape(indices.shape), rows, width];
      const answer = backend.launch('embedding', [table, indices, y], numbers);
      return unlessBadIndex(backend, answer, y, checked(indices, rows));
    },
  ),
  kernel<{ dy: TensorInfo; indices: TensorInfo }, Table>(
    'EmbeddingGradient',
    ({ inputs: { dy, indices }, attributes: { rows, width }, backend }) => {
      const dTable = backend.make([rows, width], 'float32');
      const numbers = [util.sizeFromShape(indices.shape), rows, width];
      const answer = backend.launch('embedding_gradient', [dy, indices, dTable], numbers);
      return unlessBadIndex(backend, answer, dTable, checked(indices, rows));
    },
  ),
];
