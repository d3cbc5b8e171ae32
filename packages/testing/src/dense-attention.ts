/**
 * Dense attention by plain loops over all queries and keys: the oracle for every sparse implementation. It knows nothing
 * of plans or tiles, it only asks the pattern about each pair. Never optimised.
 */
import type { Rounding } from '@sparse-transformers/kernels';
import { exact } from '@sparse-transformers/kernels';
import type { Pattern } from '@sparse-transformers/patterns';

/** Sizes of an attention call: q is `[B, H, n, D]`, k and v `[B, H, m, D]`. */
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
  /** Values `[B, H, m, D]`. */
  readonly v: Float64Array;
}

/** What dense attention gives. */
export interface AttentionOutputs {
  /** `[B, H, n, D]`; zeros where a query sees no key. */
  readonly output: Float64Array;
  /** `[B, H, n]`: log Σ exp(score) over the visible keys; −Infinity where there are none. */
  readonly logSumExp: Float64Array;
}

/** One query's visible keys and their weights. */
export interface AttentionRow {
  /** Where the query's row starts in q. */
  readonly queryStart: number;
  /** Where each visible key's row starts in k and v. */
  readonly keyStarts: number[];
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
  const { headDim } = call;
  const output = new Float64Array(inputs.q.length);
  const logSumExp = new Float64Array(inputs.q.length / headDim);
  for (const row of attentionRows(call, inputs, round)) {
    logSumExp[row.queryStart / headDim] = row.logSumExp;
    row.keyStarts.forEach((keyStart, i) => {
      for (let d = 0; d < headDim; d++) {
        const cell = row.queryStart + d;
        output[cell] = round(output[cell]! + round(row.weights[i]! * inputs.v[keyStart + d]!));
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
  const { batch, heads, queries, keys, headDim } = call;
  const scale = round(attentionScale(call));
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let query = 0; query < queries; query++) {
        const queryStart = ((b * heads + h) * queries + query) * headDim;
        const keyStarts: number[] = [];
        for (let key = 0; key < keys; key++) {
          if (isVisible(call, b, h, query, key)) keyStarts.push(((b * heads + h) * keys + key) * headDim);
        }
        const scores = keyStarts.map((keyStart) => {
          let score = 0;
          for (let d = 0; d < headDim; d++)
            score = round(score + round(q[queryStart + d]! * k[keyStart + d]!));
          return round(score * scale);
        });
        yield { queryStart, keyStarts, scores, ...softmax(scores, round) };
      }
    }
  }
}

/** The factor of the scores: 1 ÷ √D unless given. */
export function attentionScale({ scale, headDim }: AttentionCall): number {
  return scale ?? 1 / Math.sqrt(headDim);
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
