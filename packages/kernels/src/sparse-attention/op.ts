import type { Pattern, Plan } from '@sparse-transformers/patterns';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { requireDtype, requireShape } from '../arguments.ts';
import { defineKernel } from '../dispatch.ts';
import type { SparseAttentionAttributes, SparseAttentionInputs } from './attributes.ts';
import { composedSparseAttention } from './composed.ts';
import { sparseAttentionGradient } from './gradient.ts';
import { planFor } from './plan-cache.ts';

const runSparseAttention = defineKernel<SparseAttentionInputs, SparseAttentionAttributes, Tensor[]>({
  name: 'SparseAttention',
  composed: composedSparseAttention,
  gradient: sparseAttentionGradient,
});

/** Options of `sparseAttention`. */
export interface SparseAttentionOptions {
  /** Factor of the scores, 1 ÷ √D unless given. */
  readonly scale?: number;
  /** `[B]`: how many keys of each batch entry are real; the others are padding that nobody sees. Default: all. */
  readonly keyLengths?: ArrayLike<number>;
  /**
   * `[B][m]`: the document of each position, for sequences packed into one entry; a query sees keys of its own document only.
   * Default: one document. Every query must stand at one of the m positions.
   */
  readonly documents?: ArrayLike<ArrayLike<number>>;
  /** True: give the log-sum-exp of each query's scores too. */
  readonly returnLogSumExp?: boolean;
}

/** What `sparseAttention` gives with `returnLogSumExp`. */
export interface SparseAttentionOutput {
  /** `[B, H, n, Dv]` */
  readonly output: Tensor4D;
  /** `[B, H, n]`, in nats; −Infinity where a query sees no key. Differentiable. */
  readonly logSumExp: Tensor3D;
}

/**
 * Attention over the pairs of a pattern (the paper's section 4.2): softmax(q · kᵀ × scale) · v, each query over the keys it sees.
 *
 * A query that sees no key gives zeros, and zero gradients. What a query doesn't see never reaches it, nor its gradients: hidden keys,
 * values, queries and gradients may be anything, NaN and infinities too. Output and gradients are as exact as their scores: to ±10⁷ and
 * beyond, where a score that float32 holds exactly is weighed exactly. A pattern is compiled once for each length and kept; pass a plan to compile
 * it yourself, with an `offset` for instance. Gradients for q, k and v.
 *
 * @param q float32 `[B, H, n, D]`
 * @param k float32 `[B, H, m, D]`
 * @param v float32 `[B, H, m, Dv]`; Dv is D unless queries and keys are narrower than values, as the paper's half-size ones
 * @returns float32 `[B, H, n, Dv]`
 * @throws TypeError for another dtype; RangeError for shapes that don't fit, a plan of another length or number of heads, or key
 *   lengths and documents out of range
 */
export function sparseAttention(
  q: Tensor4D,
  k: Tensor4D,
  v: Tensor4D,
  patternOrPlan: Pattern | Plan,
  options: SparseAttentionOptions & { readonly returnLogSumExp: true },
): SparseAttentionOutput;
export function sparseAttention(
  q: Tensor4D,
  k: Tensor4D,
  v: Tensor4D,
  patternOrPlan: Pattern | Plan,
  options?: SparseAttentionOptions & { readonly returnLogSumExp?: false },
): Tensor4D;
export function sparseAttention(
  q: Tensor4D,
  k: Tensor4D,
  v: Tensor4D,
  patternOrPlan: Pattern | Plan,
  { scale, keyLengths, documents, returnLogSumExp = false }: SparseAttentionOptions = {},
): Tensor4D | SparseAttentionOutput {
  requireInputs(q, k, v);
  requirePatternOrPlan(patternOrPlan);
  const [batch, heads, queries, headDim] = q.shape;
  const plan = 'groups' in patternOrPlan ? patternOrPlan : planFor(patternOrPlan, queries, k.shape[2]);
  requirePlan(plan, heads, queries, k.shape[2]);
  const attributes: SparseAttentionAttributes = {
    plan,
    scale: checkedScale(scale ?? 1 / Math.sqrt(headDim)),
    keyLengths: keyLengths ? checkedKeyLengths(keyLengths, batch, plan.keys) : null,
    documents: documents ? checkedDocuments(documents, batch, plan) : null,
  };
  const [output, logSumExp, rest] = runSparseAttention({ q, k, v }, attributes) as [
    Tensor4D,
    Tensor3D,
    Tensor3D,
  ];
  rest.dispose();
  if (returnLogSumExp) return { output, logSumExp };
  logSumExp.dispose();
  return output;
}

function requireInputs(q: Tensor4D, k: Tensor4D, v: Tensor4D): void {
  for (const [name, tensor] of Object.entries({ q, k, v })) {
    requireDtype('sparseAttention', name, tensor, 'float32');
    if (tensor.rank !== 4 || tensor.size === 0) {
      throw new RangeError(
        `sparseAttention: ${name} must have a shape [batch, heads, length, headDim] without a 0, but has [${tensor.shape}].`,
      );
    }
  }
  const [batch, heads, , headDim] = q.shape;
  requireShape(
    'sparseAttention',
    'k',
    k,
    [batch, heads, k.shape[2], headDim],
    'batch, heads and headDim of q',
  );
  requireShape(
    'sparseAttention',
    'v',
    v,
    [batch, heads, k.shape[2], v.shape[3]],
    'batch, heads and length of k',
  );
}

function requirePatternOrPlan(patternOrPlan: Pattern | Plan): void {
  const isObject = typeof patternOrPlan === 'object' && patternOrPlan !== null;
  if (isObject && ('groups' in patternOrPlan || 'allows' in patternOrPlan)) return;
  throw new TypeError(
    `sparseAttention: the fourth argument must be a pattern, such as strided({ stride: 64 }), or a plan from compile(), but is ${isObject ? 'another object' : String(patternOrPlan)}.`,
  );
}

function requirePlan(plan: Plan, heads: number, queries: number, keys: number): void {
  if (plan.queries !== queries || plan.keys !== keys) {
    throw new RangeError(
      `sparseAttention: the plan is for ${plan.queries} queries and ${plan.keys} keys, but q has ${queries} and k has ${keys}. ` +
        `Compile it for these lengths, or pass the pattern.`,
    );
  }
  if (plan.heads !== null && plan.heads !== heads) {
    throw new RangeError(
      `sparseAttention: ${plan.pattern.name} names ${plan.heads} heads, but q has ${heads}.`,
    );
  }
}

function checkedScale(scale: number): number {
  if (Number.isFinite(scale)) return scale;
  throw new RangeError(`sparseAttention: scale must be a finite number, but is ${scale}.`);
}

function checkedKeyLengths(keyLengths: ArrayLike<number>, batch: number, keys: number): Int32Array {
  const lengths = Array.from(keyLengths);
  const isLength = (length: number) => Number.isInteger(length) && length >= 0 && length <= keys;
  if (lengths.length === batch && lengths.every(isLength)) return Int32Array.from(lengths);
  throw new RangeError(
    `sparseAttention: keyLengths must be ${batch} whole numbers from 0 to ${keys}, one a batch entry, but is [${lengths}].`,
  );
}

function checkedDocuments(documents: ArrayLike<ArrayLike<number>>, batch: number, plan: Plan): Int32Array {
  const rows = Array.from(documents, (row) => Array.from(row));
  const isId = (id: number) => Number.isInteger(id) && Math.abs(id) < 2 ** 31;
  if (rows.length !== batch || rows.some((row) => row.length !== plan.keys || !row.every(isId))) {
    throw new RangeError(
      `sparseAttention: documents must be ${batch} rows of ${plan.keys} whole numbers, the document of each key's position, ` +
        `but is ${rows.length} rows of ${rows.map((row) => row.length)}.`,
    );
  }
  if (plan.offset + plan.queries > plan.keys) {
    throw new RangeError(
      `sparseAttention: documents need every query to stand at a key's position, but queries reach position ` +
        `${plan.offset + plan.queries - 1} and there are ${plan.keys} keys.`,
    );
  }
  return Int32Array.from(rows.flat());
}
