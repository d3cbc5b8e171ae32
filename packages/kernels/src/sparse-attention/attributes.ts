import type { Plan } from '@sparse-transformers/patterns';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

/** Inputs of the kernel `SparseAttention`: q `[B, H, n, D]`, k and v `[B, H, m, D]`. */
export type SparseAttentionInputs = { q: Tensor4D; k: Tensor4D; v: Tensor4D };

/**
 * Inputs of the kernel `SparseAttentionGradient`: those of the forward kernel, its outputs, and their gradients
 * dOutput `[B, H, n, D]` and dLogSumExp `[B, H, n]`. It gives dq, dk, dv.
 */
export type SparseAttentionGradientInputs = SparseAttentionInputs & {
  output: Tensor4D;
  logSumExp: Tensor3D;
  dOutput: Tensor4D;
  dLogSumExp: Tensor3D;
};

/** Attributes of both kernels. What differs from one batch entry to the next is here and not in the plan. */
export interface SparseAttentionAttributes {
  /** The tiles to walk; of the very lengths of the inputs. */
  readonly plan: Plan;
  /** Factor of the scores. */
  readonly scale: number;
  /** `[B]`: keys from this one on are padding; null: none is. */
  readonly keyLengths: Int32Array | null;
  /** `[B, m]`, row-major: the document of each position; null: all is one document. */
  readonly documents: Int32Array | null;
}
