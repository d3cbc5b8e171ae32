/** How to choose from logits. */
export interface Choice {
  /** Divides the logits, a finite number >= 0: below 1 the likely grow likelier; 0 always takes the likeliest, the lowest id of equals; default 1. */
  readonly temperature?: number | undefined;
  /** Only so many of the likeliest can be chosen, the lower id first of equals: a whole number >= 1; from all unless given. */
  readonly topK?: number | undefined;
  /**
   * Of those, only the likeliest whose probabilities together reach this can be chosen: above 0, at most 1; all unless given. One
   * always stays.
   */
  readonly topP?: number | undefined;
}

/**
 * Chooses a token from logits `[V]`: of those that can be chosen, in the order of ids, the first whose probability, summed
 * with those before, exceeds `uniform`. Logits that differ by rounding alone, as from engine to engine, move these sums by no
 * more than that.
 *
 * @param uniform a random number from 0 to below 1
 * @throws RangeError for a choice out of range, and for logits that are not all finite: the model's weights are no use then
 */
export function chooseToken(logits: Float32Array, choice: Choice, uniform: number): number {
  checkChoice('chooseToken', choice);
  const likeliest = findLikeliest(logits);
  const { temperature = 1 } = choice;
  if (temperature === 0) return likeliest;
  // The largest logit is taken away before the division, which may be by a very small number.
  const weights = Float64Array.from(logits, (logit) =>
    logit === logits[likeliest] ? 1 : Math.exp((logit - logits[likeliest]!) / temperature),
  );
  keepLikeliest(weights, choice);
  let left = uniform * weights.reduce((total, weight) => total + weight, 0);
  const found = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  // Rounding may leave a trace at the end, and nothing is found: then the last one is meant.
  return found < 0 ? weights.findLastIndex((weight) => weight > 0) : found;
}

/**
 * Refuses a choice that makes no sense.
 *
 * @throws RangeError that begins with `where`
 */
export function checkChoice(where: string, { temperature = 1, topK = 1, topP = 1 }: Choice): void {
  if (!(Number.isFinite(temperature) && temperature >= 0)) {
    throw new RangeError(`${where}: temperature must be a finite number >= 0, but is ${temperature}.`);
  }
  if (!(Number.isSafeInteger(topK) && topK >= 1)) {
    throw new RangeError(`${where}: topK must be a whole number >= 1, but is ${topK}.`);
  }
  if (!(topP > 0 && topP <= 1)) {
    throw new RangeError(`${where}: topP must be a number above 0, at most 1, but is ${topP}.`);
  }
}

function findLikeliest(logits: Float32Array): number {
  let likeliest = 0;
  for (let token = 0; token < logits.length; token++) {
    if (!Number.isFinite(logits[token])) {
      throw new RangeError(
        `chooseToken: logits must be finite, but that of token ${token} is ${logits[token]}. ` +
          'The model diverged in training: take an earlier checkpoint.',
      );
    }
    if (logits[token]! > logits[likeliest]!) likeliest = token;
  }
  return likeliest;
}

/** Sets the weights of all others to 0. */
function keepLikeliest(weights: Float64Array, { topK = weights.length, topP = 1 }: Choice): void {
  if (topK >= weights.length && topP === 1) return;
  const byWeight = Uint32Array.from(weights.keys()).sort((a, b) => weights[b]! - weights[a]! || a - b);
  const kept = byWeight.subarray(0, topK);
  const reached = topP * kept.reduce((total, token) => total + weights[token]!, 0);
  let sum = 0;
  let size = 0;
  while (size < kept.length && sum < reached) sum += weights[kept[size++]!]!;
  for (const token of byWeight.subarray(size)) weights[token] = 0;
}
