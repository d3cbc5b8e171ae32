import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { add } from '@tensorflow/tfjs-core';
import { composedQuickGelu, composedQuickGeluGradient } from '../quick-gelu/composed.ts';
import { asRows, sumRows } from '../rows.ts';

/** Inputs of the kernel `BiasQuickGelu`: x `[..., d]`, bias `[d]`. */
export type BiasQuickGeluInputs = { x: Tensor; bias: Tensor1D };

/** Inputs of the kernel `BiasQuickGeluGradient`: dy and x `[..., d]`, bias `[d]`. */
export type BiasQuickGeluGradientInputs = { dy: Tensor; x: Tensor; bias: Tensor1D };

/** quickGelu(x + bias). */
export function composedBiasQuickGelu({ x, bias }: BiasQuickGeluInputs): Tensor {
  return composedQuickGelu({ x: add(x, bias) });
}

/** Gives dx and dBias, which is dx summed over everything but the last axis. */
export function composedBiasQuickGeluGradient({ dy, x, bias }: BiasQuickGeluGradientInputs): Tensor[] {
  const dx = composedQuickGeluGradient({ dy, x: add(x, bias) });
  return [dx, sumRows(asRows(dx))];
}
