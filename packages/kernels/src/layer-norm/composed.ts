import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { add, mean, mul, reshape, rsqrt, square, sub } from '@tensorflow/tfjs-core';
import { asRows, sumRows } from '../rows.ts';

/** Inputs of the kernel `LayerNorm`: x `[..., d]`, gain `[d]`, bias `[d]`. */
export type LayerNormInputs = { x: Tensor; gain: Tensor1D; bias: Tensor1D };

/** Inputs of the kernel `LayerNormGradient`: dy and x `[..., d]`, gain `[d]`. */
export type LayerNormGradientInputs = { dy: Tensor; x: Tensor; gain: Tensor1D };

/** Attributes of both kernels. */
export type LayerNormAttributes = { epsilon: number };

/** `[rows, d]` with mean 0 and variance 1 in each row, and the factor `[rows, 1]` that scaled it. */
function normalise(rows: Tensor2D, epsilon: number): { normal: Tensor2D; scale: Tensor2D } {
  const centred = sub<Tensor2D>(rows, mean(rows, 1, true));
  const variance = mean<Tensor2D>(square(centred), 1, true);
  const scale = rsqrt(add<Tensor2D>(variance, epsilon));
  return { normal: mul(centred, scale), scale };
}

/** (x − mean) ÷ √(variance + epsilon) × gain + bias. */
export function composedLayerNorm(
  { x, gain, bias }: LayerNormInputs,
  { epsilon }: LayerNormAttributes,
): Tensor {
  const { normal } = normalise(asRows(x), epsilon);
  return reshape(add(mul(normal, gain), bias), x.shape);
}

/** Gives dx, dGain, dBias. dx is dNormal without its mean and without its part along the normalised row. */
export function composedLayerNormGradient(
  { dy, x, gain }: LayerNormGradientInputs,
  { epsilon }: LayerNormAttributes,
): Tensor[] {
  const { normal, scale } = normalise(asRows(x), epsilon); // [rows, d], [rows, 1]
  const dRows = asRows(dy);
  const dNormal: Tensor2D = mul(dRows, gain);
  const along = mul(normal, mean(mul(dNormal, normal), 1, true));
  const dx = mul(scale, sub(sub(dNormal, mean(dNormal, 1, true)), along));
  return [reshape(dx, x.shape), sumRows(mul(dRows, normal)), sumRows(dRows)];
}
