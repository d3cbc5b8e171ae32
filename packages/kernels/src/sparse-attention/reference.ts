/** Sparse attention by plain loops over the pairs of a plan, in float64. Never optimised. */
import type { Pass, Plan } from '@sparse-transformers/patterns';
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
  const logSumExp = new Float64Array(q.length / headDim); // [B, H, n]
  forEachQuery(sizes, attributes, ({ query, keys }) => {
    const scores = keys.map((key) => scoreOf(q, query, k, key, headDim, attributes.scale, round)); // one a visible key
    const { most, weights, sum } = softmaxOf(scores, round);
    logSumExp[query] = keys.length === 0 ? Number.NEGATIVE_INFINITY : round(most + round(Math.log(sum)));
    for (let d = 0; d < valueDim; d++) {
      const weighted = keys.reduce(
        (total, key, i) => round(total + round(weights[i]! * v[key * valueDim + d]!)),
        0,
      );
      output[query * valueDim + d] = keys.length === 0 ? 0 : round(weighted / sum);
    }
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
    const delta = dot(dOutput, query, output, query, valueDim, round); // Σ dO ∘ O
    const scores = keys.map((key) => scoreOf(q, query, k, key, headDim, scale, round));
    const { weights, sum } = softmaxOf(scores, round);
    keys.forEach((key, index) => {
      const weight = round(weights[index]! / sum);
      const dWeight = dot(dOutput, query, v, key, valueDim, round);
      const dScore = round(weight * round(round(dWeight - delta) + dLogSumExp[query]!));
      for (let d = 0; d < headDim; d++) {
        const [i, j] = [query * headDim + d, key * headDim + d];
        dq[i] = round(dq[i]! + round(round(dScore * scale) * k[j]!));
        dk[j] = round(dk[j]! + round(round(dScore * scale) * q[i]!));
      }
      for (let d = 0; d < valueDim; d++) {
        const [i, j] = [query * valueDim + d, key * valueDim + d];
        dv[j] = round(dv[j]! + round(weight * dOutput[i]!));
      }
    });
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

/** Weights over the largest score, and their sum. */
function softmaxOf(scores: readonly number[], round: Rounding) {
  const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = scores.map((score) => round(Math.exp(round(score - most))));
  return { most, weights, sum: weights.reduce((total, weight) => round(total + weight), 0) };
}

function scoreOf(
  q: Float64Array,
  query: number,
  k: Float64Array,
  key: number,
  headDim: number,
  scale: number,
  round: Rounding,
): number {
  return round(dot(q, query, k, key, headDim, round) * scale);
}

/** Row `i` of a times row `j` of b. */
function dot(
  a: Float64Array,
  i: number,
  b: Float64Array,
  j: number,
  headDim: number,
  round: Rounding,
): number {
  let sum = 0;
  for (let d = 0; d < headDim; d++) sum = round(sum + round(a[i * headDim + d]! * b[j * headDim + d]!));
  return sum;
}
