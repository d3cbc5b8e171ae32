/**
 * Dense attention by plain loops over all queries and keys: the oracle for every sparse implementation. It knows nothing
 * of plans or tiles, it only asks the pattern about each pair, once a call.
 */
import type { Rounding } from '@sparse-transformers/kernels';
import { addScaledRow, dotOfRows, exact } from '@sparse-transformers/kernels';
import type { Pattern } from '@sparse-transformers/patterns';

/** Sizes of an attention call: q is `[B, H, n, D]`, k `[B, H, m, D]`, v `[B, H, m, Dv]`. */
export interface AttentionSizes {
  /** B. */
  readonly batch: number;
  /** H. */
  readonly heads: number;
  /** n. */
  readonly queries: number;
  /** m. */
  readonly keys: number;
  /** D. */
  readonly headDim: number;
  /** Dv. Default D. */
  readonly valueDim?: number;
}

/** What an attention call computes, apart from its tensors. */
export interface AttentionCall extends AttentionSizes {
  /** Which query sees which key. */
  readonly pattern: Pattern;
  /** Position of query 0. Default 0. */
  readonly offset?: number;
  /** Factor of the scores. Default 1 ÷ √D. */
  readonly scale?: number;
  /** `[B]`: how many keys of each batch entry are real; the others are padding. Default: all. */
  readonly keyLengths?: readonly number[];
  /** `[B][m]`: the document of each position; a query sees keys of its own document only. Default: one document. */
  readonly documents?: readonly (readonly number[])[];
}

/** The three inputs as row-major numbers. */
export interface AttentionInputs {
  /** Queries `[B, H, n, D]`. */
  readonly q: Float64Array;
  /** Keys `[B, H, m, D]`. */
  readonly k: Float64Array;
  /** Values `[B, H, m, Dv]`. */
  readonly v: Float64Array;
}

/** What dense attention gives. */
export interface AttentionOutputs {
  /** `[B, H, n, Dv]`; zeros where a query sees no key. */
  readonly output: Float64Array;
  /** `[B, H, n]`: log Σ exp(score) over the visible keys; −Infinity where there are none. */
  readonly logSumExp: Float64Array;
}

/** One query's visible keys and their weights. */
export interface AttentionRow {
  /** The query's row in q and in the output. */
  readonly query: number;
  /** Each visible key's row in k and v. */
  readonly keys: Int32Array;
  /** Softmax of scale · q · k of each visible key; cells beyond the keys mean nothing. The next row overwrites it. */
  readonly weights: Float64Array;
  /** log Σ exp(score). */
  readonly logSumExp: number;
}

/**
 * Dense attention in float64: softmax(scale · q kᵀ over visible keys) v.
 *
 * @param round `Math.fround` gives the plain float32 computation instead
 */
export function denseAttention(
  call: AttentionCall,
  inputs: AttentionInputs,
  round: Rounding = exact,
): AttentionOutputs {
  const { headDim, valueDim = headDim } = call;
  const rows = inputs.q.length / headDim;
  const output = new Float64Array(rows * valueDim);
  const logSumExp = new Float64Array(rows);
  for (const row of attentionRows(call, inputs, round)) {
    logSumExp[row.query] = row.logSumExp;
    addValues(output, row, inputs.v, valueDim, round);
  }
  return { output, logSumExp };
}

/** Adds a query's weighted values to its row of the output. */
export function addValues(
  output: Float64Array,
  { query, keys, weights }: AttentionRow,
  v: Float64Array,
  valueDim: number,
  round: Rounding,
): void {
  for (let i = 0; i < keys.length; i++)
    addScaledRow(output, query, weights[i]!, v, keys[i]!, valueDim, round);
}

/** Each query's visible keys and softmax weights, one query after the other. */
export function* attentionRows(
  call: AttentionCall,
  { q, k }: AttentionInputs,
  round: Rounding,
): Generator<AttentionRow> {
  const { headDim } = call;
  const scale = round(attentionScale(call));
  const weights = new Float64Array(call.keys);
  const visible = visibleKeys(call);
  for (let query = 0; query < visible.length; query++) {
    const keys = visible[query]!;
    for (let i = 0; i < keys.length; i++) {
      weights[i] = round(dotOfRows(q, query, k, keys[i]!, headDim, round) * scale);
    }
    yield { query, keys, weights, logSumExp: softmax(weights, keys.length, round) };
  }
}

/** The factor of the scores: 1 ÷ √D unless given. */
export function attentionScale({ scale, headDim }: AttentionCall): number {
  return scale ?? 1 / Math.sqrt(headDim);
}

const visibleKeysOf = new WeakMap<AttentionCall, readonly Int32Array[]>();

/** The rows of k and v that each query sees, in the order of the rows of q. A case is computed dozens of times, for differences above all. */
function visibleKeys(call: AttentionCall): readonly Int32Array[] {
  const known = visibleKeysOf.get(call);
  if (known) return known;
  const { batch, heads, queries, keys } = call;
  const seen = new Int32Array(keys);
  const visible: Int32Array[] = [];
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let query = 0; query < queries; query++) {
        let count = 0;
        for (let key = 0; key < keys; key++) {
          if (isVisible(call, b, h, query, key)) seen[count++] = (b * heads + h) * keys + key;
        }
        visible.push(seen.slice(0, count));
      }
    }
  }
  visibleKeysOf.set(call, visible);
  return visible;
}

function isVisible(call: AttentionCall, batch: number, head: number, query: number, key: number): boolean {
  const { pattern, offset = 0, keyLengths, documents } = call;
  const ofHead = pattern.heads ? pattern.heads[head]! : pattern;
  if (!ofHead.allows(query + offset, key)) return false;
  if (keyLengths && key >= keyLengths[batch]!) return false;
  return !documents || documents[batch]![query + offset] === documents[batch]![key];
}

/** Makes weights of the first `count` scores, in their place, and gives the log of their sum. */
function softmax(scores: Float64Array, count: number, round: Rounding): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) largest = Math.max(largest, scores[i]!);
  let total = 0;
  for (let i = 0; i < count; i++) {
    scores[i] = round(Math.exp(round(scores[i]! - largest)));
    total = round(total + scores[i]!);
  }
  for (let i = 0; i < count; i++) scores[i] = round(scores[i]! / total);
  return count === 0 ? largest : round(largest + round(Math.log(total)));
}
