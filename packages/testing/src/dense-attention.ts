/**
 * Dense attention by plain loops over all queries and keys: the oracle for every sparse implementation. It knows nothing
 * of plans or tiles, it only asks the pattern about each pair, once a call. Never optimised.
 */
import type { Rounding } from '@sparse-transformers/kernels';
import { exact } from '@sparse-transformers/kernels';
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
  readonly keys: number[];
  /** scale · q · k of each visible key. */
  readonly scores: number[];
  /** Softmax of the scores. */
  readonly weights: number[];
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
  for (const { query, keys, weights, ...row } of attentionRows(call, inputs, round)) {
    logSumExp[query] = row.logSumExp;
    keys.forEach((key, i) => {
      for (let d = 0; d < valueDim; d++) {
        const cell = query * valueDim + d;
        output[cell] = round(output[cell]! + round(weights[i]! * inputs.v[key * valueDim + d]!));
      }
    });
  }
  return { output, logSumExp };
}

/** Each query's visible keys and softmax weights, one query after the other. */
export function* attentionRows(
  call: AttentionCall,
  { q, k }: AttentionInputs,
  round: Rounding,
): Generator<AttentionRow> {
  const { batch, heads, queries, headDim } = call;
  const scale = round(attentionScale(call));
  const visible = visibleKeys(call);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let position = 0; position < queries; position++) {
        const query = (b * heads + h) * queries + position;
        const keys = visible[query]!;
        const scores = keys.map((key) => {
          let score = 0;
          for (let d = 0; d < headDim; d++)
            score = round(score + round(q[query * headDim + d]! * k[key * headDim + d]!));
          return round(score * scale);
        });
        yield { query, keys, scores, ...softmax(scores, round) };
      }
    }
  }
}

/** The factor of the scores: 1 ÷ √D unless given. */
export function attentionScale({ scale, headDim }: AttentionCall): number {
  return scale ?? 1 / Math.sqrt(headDim);
}

const visibleKeysOf = new WeakMap<AttentionCall, number[][]>();

/** The rows of k and v that each query sees, in the order of the rows of q. A case is computed dozens of times, for differences above all. */
function visibleKeys(call: AttentionCall): number[][] {
  const known = visibleKeysOf.get(call);
  if (known) return known;
  const { batch, heads, queries, keys } = call;
  const visible = Array.from({ length: batch * heads * queries }, (_, row) => {
    const sequence = Math.floor(row / queries);
    const [b, h, query] = [Math.floor(sequence / heads), sequence % heads, row % queries];
    const seen = Array.from({ length: keys }, (_, key) => key).filter((key) =>
      isVisible(call, b, h, query, key),
    );
    return seen.map((key) => sequence * keys + key);
  });
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

function softmax(scores: number[], round: Rounding): { weights: number[]; logSumExp: number } {
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = scores.map((score) => round(Math.exp(round(score - largest))));
  const total = powers.reduce((partial, power) => round(partial + power), 0);
  return {
    weights: powers.map((power) => round(power / total)),
    logSumExp: scores.length === 0 ? largest : round(largest + round(Math.log(total))),
  };
}
