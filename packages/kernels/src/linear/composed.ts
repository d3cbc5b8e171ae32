import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { add, matMul, reshape, transpose } from '@tensorflow/tfjs-core';
import { asRows, sumRows } from '../rows.ts';

/** Inputs of the kernel `Linear`: x `[..., a]`, weight `[a, b]`, and the bias `[b]` if there is one. */
export type LinearInputs = { x: Tensor; weight: Tensor2D; bias?: Tensor1D };

/** One plain 2-D product: stock backends are many times slower on batched ones. */
export function composedLinear({
  x,
  weight,
  bias,
}: {
  x: Tensor;
  weight: Tensor2D;
  bias?: Tensor1D;
}): Tensor {
  const product = matMul(asRows(x), weight);
  const output = bias ? add(product, bias) : product;
  return reshape(output, [...x.shape.slice(0, -1), weight.shape[1]]);
}

/** dx `[..., a]` = dy · weightᵀ, transposed explicitly: stock wasm is slow on products with a transposed side. */
export function linearInputGradient(dy: Tensor, weight: Tensor2D): Tensor {
  const dx = matMul(asRows(dy), transpose(weight));
  return reshape(dx, [...dy.shape.slice(0, -1), weight.shape[0]]);
}

/** dWeight `[a, b]` = xᵀ · dy. */
export function linearWeightGradient(dy: Tensor, x: Tensor): Tensor2D {
  return matMul(transpose(asRows(x)), asRows(dy));
}

/** dBias `[b]`: dy summed over everything but the last axis. */
export function linearBiasGradient(dy: Tensor): Tensor1D {
  return sumRows(asRows(dy));
}
