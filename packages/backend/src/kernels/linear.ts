/** The linear layer and the three sides of its gradient, each one launch over all rows, with nothing transposed. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { DeviceBackend } from '../device-backend.ts';
import { onlyFloat, optional } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { expectRank, expectShape } from './expect-shape.ts';
import { matMul } from './matmul.ts';
import { reduce } from './reduce.ts';

/** Computes with views of tensors `[..., width]` as `[rows, width]`. */
function asRows(backend: DeviceBackend, tensor: TensorInfo): TensorInfo {
  const width = tensor.shape.at(-1) ?? 1;
  const rows = util.sizeFromShape(tensor.shape.slice(0, -1));
  return backend.share(tensor, [rows, width]);
}

function multiplyRows(
  backend: DeviceBackend,
  rows: TensorInfo,
  weight: TensorInfo,
  transposeB: boolean,
  bias?: TensorInfo,
): TensorInfo {
  const matrix = asRows(backend, rows);
  const output = matMul(backend, matrix, weight, { transposeB, bias });
  backend.release(matrix);
  return { ...output, shape: [...rows.shape.slice(0, -1), output.shape.at(-1) ?? 1] };
}

function weightGradient(backend: DeviceBackend, x: TensorInfo, dy: TensorInfo): TensorInfo {
  const [left, right] = [asRows(backend, x), asRows(backend, dy)];
  const output = matMul(backend, left, right, { transposeA: true });
  backend.release(left, right);
  return output;
}

function biasGradient(backend: DeviceBackend, dy: TensorInfo): TensorInfo {
  const rows = asRows(backend, dy);
  const output = reduce(backend, 'sum', rows, [0]);
  backend.release(rows);
  return output;
}

interface LinearInputs {
  readonly x: TensorInfo;
  readonly weight: TensorInfo;
  readonly bias?: TensorInfo;
}

/** `Linear`, `LinearInputGradient`, `LinearWeightGradient` and `LinearBiasGradient` of packages/kernels. */
export const linearKernels: readonly BackendKernel[] = [
  kernel<LinearInputs>(
    'Linear',
    { x: onlyFloat, weight: onlyFloat, bias: optional(onlyFloat) },
    ({ inputs: { x, weight, bias }, backend }) => {
      expectRank('Linear', 'weight', weight, 2);
      if (bias) expectShape('Linear', 'bias', bias, weight.shape.slice(1), 'the last axis of weight');
      return multiplyRows(backend, x, weight, false, bias);
    },
    { needs: ['matmul'] },
  ),
  kernel<{ dy: TensorInfo; weight: TensorInfo }>(
    'LinearInputGradient',
    { dy: onlyFloat, weight: onlyFloat },
    ({ inputs: { dy, weight }, backend }) => {
      expectRank('LinearInputGradient', 'weight', weight, 2);
      return multiplyRows(backend, dy, weight, true);
    },
    { needs: ['matmul'] },
  ),
  kernel<{ x: TensorInfo; dy: TensorInfo }>(
    'LinearWeightGradient',
    { x: onlyFloat, dy: onlyFloat },
    ({ inputs: { x, dy }, backend }) => weightGradient(backend, x, dy),
    { needs: ['matmul'] },
  ),
  kernel<{ dy: TensorInfo }>(
    'LinearBiasGradient',
    { dy: onlyFloat },
    ({ inputs: { dy }, backend }) => biasGradient(backend, dy),
    { needs: ['reduce_sum_float'] },
  ),
];
