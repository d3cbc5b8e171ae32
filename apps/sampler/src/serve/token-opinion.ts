/** What the model thought of a token: log-probabilities of its raw logits, before temperature, penalties and biases. */
import type { Tokenizer } from '@sparse-transformers/tokenizers';
import { type TokenOpinion, tokenText } from './generated-text.ts';

/**
 * The log-probability of a token and those of the likeliest tokens by their texts, the token itself always among them.
 *
 * @param logits `[V]`
 * @param count how many of the likeliest; 0: the token alone
 */
export function opinionOf(
  logits: Float32Array,
  token: number,
  { count, tokenizer }: { readonly count: number; readonly tokenizer: Tokenizer },
): TokenOpinion {
  const total = logOfSum(logits);
  const told = new Set([...likeliest(logits, count), token]);
  const top = [...told].map((id) => [tokenText(tokenizer, id), logits[id]! - total]);
  return { logprob: logits[token]! - total, top: Object.fromEntries(top) };
}

/** The logarithm of the sum of e^x, the largest taken out so that nothing overflows. */
function logOfSum(logits: Float32Array): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

/** The ids of the `count` largest, the largest first, the lower id first of equals: one walk, since `count` is small. */
function likeliest(logits: Float32Array, count: number): number[] {
  const best: number[] = [];
  logits.forEach((logit, id) => {
    if (best.length === count && (count === 0 || logit <= logits[best[count - 1]!]!)) return;
    const behind = best.findIndex((other) => logits[other]! < logit);
    best.splice(behind < 0 ? best.length : behind, 0, id);
    best.length = Math.min(best.length, count);
  });
  return best;
}
