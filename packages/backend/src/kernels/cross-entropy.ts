import type { TensorInfo } from '@tensorflow/tfjs-core';
import { onlyFloat, onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { type CheckedIndices, unlessBadIndex } from './bad-index.ts';
import { expectShape } from './expect-shape.ts';
import { rowsOf } from './rows.ts';

type Loss = { logits: TensorInfo; targets: TensorInfo };

const checked = (targets: TensorInfo, classes: number): CheckedIndices => ({
  operation: 'crossEntropy',
  argument: 'targets',
  indices: targets,
  limit: classes,
});

function checkTargets(op: string, { logits, targets }: Loss): void {
  expectShape(op, 'targets', targets, logits.shape.slice(0, -1), 'that of logits without the last axis');
}

/** `CrossEntropy` and `CrossEntropyGradient` of packages/kernels. */
export const crossEntropyKernels: readonly BackendKernel[] = [
  kernel<Loss>(
    'CrossEntropy',
    { logits: onlyFloat, targets: onlyInt },
    ({ inputs: { logits, targets }, backend }) => {
      checkTargets('CrossEntropy', { logits, targets });
      const { rows, width: classes } = rowsOf(logits);
      const losses = backend.make(targets.shape, 'float32');
      const answer = backend.launch('cross_entropy', [logits, targets, losses], [rows, classes]);
      return unlessBadIndex(backend, answer, losses, checked(targets, classes));
    },
    { needs: ['cross_entropy'] },
  ),
  kernel<Loss & { dy: TensorInfo }>(
    'CrossEntropyGradient',
    { dy: onlyFloat, logits: onlyFloat, targets: onlyInt },
    ({ inputs: { dy, logits, targets }, backend }) => {
      checkTargets('CrossEntropyGradient', { logits, targets });
      expectShape('CrossEntropyGradient', 'dy', dy, targets.shape, 'that of targets');
      const { rows, width: classes } = rowsOf(logits);
      const dLogits = backend.make(logits.shape, 'float32');
      const tensors = [dy, logits, targets, dLogits];
      const answer = backend.launch('cross_entropy_gradient', tensors, [rows, classes]);
      return unlessBadIndex(backend, answer, dLogits, checked(targets, classes));
    },
    { needs: ['cross_entropy_gradient'] },
  ),
];
