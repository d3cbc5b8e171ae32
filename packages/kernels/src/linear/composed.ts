import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { add, matMul, reshape, transpose } from '@tensorflow/tfjs-core';
import { asRows, sumRows } from '../rows.ts';

/** Inputs of the kernel `Linear`: x `[..., a]`, weight `[a, b]`, and the bias `[b]` if there is one. */
export type LinearInputs = { x: Tensor; weight: Tensor2D; bias?: Tensor1D };

/** Inputs of the kernel `LinearInputGradient`: dy `[..., b]`, weight `[a, b]`. */
export type LinearInputGradientInputs = { dy: Tensor; weight: Tensor2D };

/** Inputs of the kernel `LinearWeightGradient`: x `[..., a]`, dy `[..., b]`. */
export type LinearWeightGradientInputs = { x: Tensor; dy: Tensor };

/** Inputs of the kernel `LinearBiasGradient`: dy `[..., b]`. */
export type LinearBiasGradientInputs = { dy: Tensor };

/** One plain 2-D product: stock backends are many times slower on batched ones. */
export function composedLinear({ x, weight, bias }: LinearInputs): Tensor {
  const product = matMul(asRows(x), weight);
  const output = bias ? add(product, bias) : product;
  return reshape(output, [...x.shape.slice(0, -1), weight.shape[1]]);
}

/** dx `[..., a]` = dy · weightᵀ, transposed explicitly: stock wasm is slow on products with a transposed side. */
export function composedLinearInputGradient({ dy, weight }: LinearInputGradientInputs): Tensor {
  const dx = matMul(asRows(dy), transpose(weight));
  return reshape(dx, [...dy.shape.slice(0, -1), weight.shape[0]]);
}

/** dWeight `[a, b]` = xᵀ · dy. */
export function composedLinearWeightGradient({ x, dy }: LinearWeightGradientInputs): Tensor2D {
  return matMul(transpose(asRows(x)), asRows(dy));
}

/** dBias `[b]`: dy summed over everything but the last axis. */
export function composedLinearBiasGradient({ dy }: LinearBiasGradientInputs): Tensor1D {
  return sumRows(asRows(dy));
}
