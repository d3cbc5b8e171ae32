/** Sparse attention by plain loops over the pairs of a plan, in float64. */
import type { Pass, Plan } from '@sparse-transformers/patterns';
import { addScaledRow, dotOfRows } from '../rounded-loops.ts';
import type { Rounding } from '../rounding.ts';
import { exact } from '../rounding.ts';
import type { SparseAttentionAttributes } from './attributes.ts';

/** Sizes of the tensors: q `[B, H, n, D]`, k `[B, H, m, D]` and v `[B, H, m, Dv]`, with n and m those of the plan. */
export interface SparseAttentionSizes {
  /** B. */
  readonly batch: number;
  /** H. */
  readonly heads: number;
  /** D. */
  readonly headDim: number;
  /** Dv; D unless given. */
  readonly valueDim?: number;
}

/** The inputs as row-major numbers. */
export interface SparseAttentionValues {
  /** Queries `[B, H, n, D]`. */
  readonly q: Float64Array;
  /** Keys `[B, H, m, D]`. */
  readonly k: Float64Array;
  /** Values `[B, H, m, Dv]`. */
  readonly v: Float64Array;
}

/** The outputs as row-major numbers. */
export interface SparseAttentionResult {
  /** `[B, H, n, Dv]`; zeros where a query sees no key. */
  readonly output: Float64Array;
  /** `[B, H, n]`; −Infinity where a query sees no key. */
  readonly logSumExp: Float64Array;
}

/** Gradients in the shapes of q, k and v. */
export interface SparseAttentionGradients {
  /** `[B, H, n, D]` */
  readonly dq: Float64Array;
  /** `[B, H, m, D]` */
  readonly dk: Float64Array;
  /** `[B, H, m, Dv]` */
  readonly dv: Float64Array;
}

/** softmax(q · kᵀ × scale) · v over the pairs of the plan. */
export function referenceSparseAttention(
  { q, k, v }: SparseAttentionValues,
  sizes: SparseAttentionSizes,
  attributes: SparseAttentionAttributes,
  round: Rounding = exact,
): SparseAttentionResult {
  const { headDim, valueDim = headDim } = sizes;
  const output = new Float64Array((q.length / headDim) * valueDim); // [B, H, n, Dv]
  const logSumExp = new Float64Array(q.length / headDim).fill(Number.NEGATIVE_INFINITY); // [B, H, n]
  forEachQuery(sizes, attributes, ({ query, keys }) => {
    if (keys.length === 0) return;
    const scores = scoresOf(q, query, k, keys, headDim, attributes.scale, round);
    const { most, weights, sum } = softmaxOf(scores, round);
    logSumExp[query] = round(most + round(Math.log(sum)));
    for (let i = 0; i < keys.length; i++)
      addScaledRow(output, query, weights[i]!, v, keys[i]!, valueDim, round);
    for (let d = query * valueDim; d < (query + 1) * valueDim; d++) output[d] = round(output[d]! / sum);
  });
  return { output, logSumExp };
}

/** Gradients of `referenceSparseAttention`, given dOutput `[B, H, n, Dv]` and dLogSumExp `[B, H, n]`. */
export function referenceSparseAttentionGradient(
  { dOutput, dLogSumExp }: { dOutput: Float64Array; dLogSumExp: Float64Array },
  values: SparseAttentionValues,
  sizes: SparseAttentionSizes,
  attributes: SparseAttentionAttributes,
  round: Rounding = exact,
): SparseAttentionGradients {
  const { q, k, v } = values;
  const { headDim, valueDim = headDim } = sizes;
  const { scale } = attributes;
  const { output } = referenceSparseAttention(values, sizes, attributes, round);
  const dq = new Float64Array(q.length); // [B, H, n, D]
  const dk = new Float64Array(k.length); // [B, H, m, D]
  const dv = new Float64Array(v.length); // [B, H, m, Dv]
  forEachQuery(sizes, attributes, ({ query, keys }) => {
    const delta = dotOfRows(dOutput, query, output, query, valueDim, round); // Σ dO ∘ O
    const { weights, sum } = softmaxOf(scoresOf(q, query, k, keys, headDim, scale, round), round);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const weight = round(weights[i]! / sum);
      const dWeight = dotOfRows(dOutput, query, v, key, valueDim, round);
      const dScore = round(weight * round(round(dWeight - delta) + dLogSumExp[query]!));
      const dProduct = round(dScore * scale);
      addScaledRow(dq, query, dProduct, k, key, headDim, round);
      addScaledRow(dk, key, dProduct, q, query, headDim, round);
      addScaledRow(dv, key, weight, dOutput, query, valueDim, round);
    }
  });
  return { dq, dk, dv };
}

/** One row of q with the rows of k and v that it sees, as row indices of `[B·H·n, D]` and `[B·H·m, D]`. */
interface VisibleKeys {
  readonly query: number;
  readonly keys: number[];
}

function forEachQuery(
  { batch, heads }: SparseAttentionSizes,
  attributes: SparseAttentionAttributes,
  visit: (visible: VisibleKeys) => void,
): void {
  const { plan } = attributes;
  for (let h = 0; h < heads; h++) {
    const visible = keysOfEachQuery(plan, h);
    for (let b = 0; b < batch; b++) {
      const first = b * heads + h;
      visible.forEach((keys, query) => {
        const kept = keys.filter((key) => isKept(attributes, b, query, key));
        visit({ query: first * plan.queries + query, keys: kept.map((key) => first * plan.keys + key) });
      });
    }
  }
}

/** The keys that the plan shows each query of a head. */
function keysOfEachQuery(plan: Plan, head: number): number[][] {
  const visible: number[][] = Array.from({ length: plan.queries }, () => []);
  const group = plan.groups.find(({ heads }) => heads === null || heads.includes(head));
  for (const pass of group?.passes ?? []) {
    forEachTile(pass, (queryTile, keyTile, mask) => {
      for (let row = 0; row < pass.tile; row++) {
        for (let column = 0; column < pass.tile; column++) {
          if (!isPair(pass, mask, row, column)) continue;
          const query = pass.queryRows[queryTile * pass.tile + row]!;
          visible[query]!.push(pass.keyRows[keyTile * pass.tile + column]!);
        }
      }
    });
  }
  return visible;
}

function forEachTile(
  { byQuery }: Pass,
  visit: (queryTile: number, keyTile: number, mask: number) => void,
): void {
  const { pointers, first, count, mask } = byQuery;
  for (let queryTile = 0; queryTile + 1 < pointers.length; queryTile++) {
    for (let run = pointers[queryTile]!; run < pointers[queryTile + 1]!; run++) {
      for (let step = 0; step < count[run]!; step++) visit(queryTile, first[run]! + step, mask[run]!);
    }
  }
}

function isPair({ masks, tile }: Pass, mask: number, row: number, column: number): boolean {
  if (mask < 0) return true;
  const word = masks.words[(mask * tile + row) * masks.wordsPerRow + (column >>> 5)]!;
  return ((word >>> (column & 31)) & 1) === 1;
}

function isKept(
  { plan, keyLengths, documents }: SparseAttentionAttributes,
  entry: number,
  query: number,
  key: number,
): boolean {
  if (keyLengths && key >= keyLengths[entry]!) return false;
  if (!documents) return true;
  return documents[entry * plan.keys + query + plan.offset] === documents[entry * plan.keys + key];
}

/** Weights over the largest score, in place of the scores, and their sum. */
function softmaxOf(scores: Float64Array, round: Rounding) {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) most = Math.max(most, scores[i]!);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    scores[i] = round(Math.exp(round(scores[i]! - most)));
    sum = round(sum + scores[i]!);
  }
  return { most, weights: scores, sum };
}

/** One a visible key. */
function scoresOf(
  q: Float64Array,
  query: number,
  k: Float64Array,
  keys: readonly number[],
  headDim: number,
  scale: number,
  round: Rounding,
): Float64Array {
  const scores = new Float64Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    scores[i] = round(dotOfRows(q, query, k, keys[i]!, headDim, round) * scale);
  }
  return scores;
}
