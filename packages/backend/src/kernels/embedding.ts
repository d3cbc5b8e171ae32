import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { onlyFloat, onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { type CheckedIndices, unlessBadIndex } from './bad-index.ts';
import { expectShape } from './expect-shape.ts';

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
    { table: onlyFloat, indices: onlyInt },
    ({ inputs: { table, indices }, attributes: { rows, width }, backend }) => {
      expectShape('Embedding', 'table', table, [rows, width], 'the attributes rows and width');
      const y = backend.make([...indices.shape, width], 'float32');
      const numbers = [util.sizeFromShape(indices.shape), rows, width];
      const answer = backend.launch('embedding', [table, indices, y], numbers);
      return unlessBadIndex(backend, answer, y, checked(indices, rows));
    },
    { needs: ['embedding'] },
  ),
  kernel<{ dy: TensorInfo; indices: TensorInfo }, Table>(
    'EmbeddingGradient',
    { dy: onlyFloat, indices: onlyInt },
    ({ inputs: { dy, indices }, attributes: { rows, width }, backend }) => {
      expectShape('EmbeddingGradient', 'dy', dy, [...indices.shape, width], 'that of indices, and width');
      const dTable = backend.make([rows, width], 'float32');
      const numbers = [util.sizeFromShape(indices.shape), rows, width];
      const answer = backend.launch('embedding_gradient', [dy, indices, dTable], numbers);
      return unlessBadIndex(backend, answer, dTable, checked(indices, rows));
    },
    { needs: ['embedding_gradient'] },
  ),
];
