import type { Plan } from '@sparse-transformers/patterns';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

/** Inputs of the kernel `SparseAttention`. */
export type SparseAttentionInputs = {
  /** Queries `[B, H, n, D]`. */
  q: Tensor4D;
  /** Keys `[B, H, m, D]`. */
  k: Tensor4D;
  /** Values `[B, H, m, Dv]`. */
  v: Tensor4D;
};

/** Inputs of the kernel `SparseAttentionGradient`, which gives dq, dk and dv: what forward had and gave, and its gradients. */
export type SparseAttentionGradientInputs = SparseAttentionInputs & {
  /** `[B, H, n, Dv]` */
  output: Tensor4D;
  /** `[B, H, n]` */
  logSumExp: Tensor3D;
  /**
   * `[B, H, n]`: what rounding to float32 took from the log-sum-exp; 0 where a query sees no key. At a score of 10⁷ a float32 has no digits
   * behind the point, and a weight is e to a difference of two such numbers.
   */
  logSumExpRest: Tensor3D;
  /** `[B, H, n, Dv]` */
  dOutput: Tensor4D;
  /** `[B, H, n]`; zeros where nobody used the log-sum-exp. */
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
