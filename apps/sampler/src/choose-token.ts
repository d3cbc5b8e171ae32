/** How to choose from logits. */
export interface Choice {
  /** Divides the logits: below 1 the likely grow likelier; 0 always takes the likeliest, and the lowest id of equals. */
  readonly temperature: number;
  /** Only so many of the likeliest can be chosen, the lower id first of equals; no limit unless given. */
  readonly topK: number | undefined;
}

/**
 * Chooses a token from logits `[V]`: the first whose probability, summed with those of all likelier ones, exceeds `uniform`.
 *
 * @param uniform a random number from 0 to below 1
 * @throws RangeError for logits that are not all finite: the model's weights are no use then
 */
export function chooseToken(
  logits: Float32Array,
  { temperature, topK = logits.length }: Choice,
  uniform: number,
): number {
  const wrong = logits.findIndex((logit) => !Number.isFinite(logit));
  if (wrong >= 0) {
    throw new RangeError(
      `chooseToken: logits must be finite, but that of token ${wrong} is ${logits[wrong]}. ` +
        'The model diverged in training: take an earlier checkpoint.',
    );
  }
  const byLogit = Uint32Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const kept = byLogit.subarray(0, temperature === 0 ? 1 : topK);
  // The largest logit is taken away before the division, which may be by a very small number.
  const weights = Array.from(kept, (token) =>
    token === kept[0] ? 1 : Math.exp((logits[token]! - logits[kept[0]!]!) / temperature),
  );
  let left = uniform * weights.reduce((total, weight) => total + weight, 0);
  const index = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  // Rounding may leave a trace at the end, and nothing is found: then the last one is meant.
  return kept.at(index)!;
}
