/** A short sample, for the demo; the sampler has more ways to draw. */
import { randomBelow } from '@sparse-transformers/datasets';
import { createDecoder, type SparseTransformer } from '@sparse-transformers/models';
import type { Tokenizer } from '@sparse-transformers/tokenizers';

/** How to draw a sample. */
export interface SampleOptions {
  /** What it goes on from; at least one token. */
  readonly prompt: string;
  /** Tokens to draw. */
  readonly tokens: number;
  /** Logits are divided by it: below 1 likelier tokens gain. */
  readonly temperature: number;
  /** The same gives the same text on the same engine. */
  readonly seed: number;
}

/** Draws tokens one by one. A full window goes on from its second half. */
export function sampleText(model: SparseTransformer, tokenizer: Tokenizer, options: SampleOptions): string {
  const { length } = model.config;
  const ids = [...tokenizer.encode(options.prompt)];
  const promptLength = ids.length;
  const decoder = createDecoder(model);
  let { sequence, logits } = decoder.open([ids])[0]!;
  for (let index = 0; index < options.tokens; index++) {
    ids.push(draw(logits, options.temperature, { seed: options.seed, index, row: 0 }));
    if (sequence.length < length) {
      logits = decoder.step([sequence], ids.slice(-1))[0]!;
      continue;
    }
    decoder.close(sequence);
    ({ sequence, logits } = decoder.open([ids.slice(-Math.ceil(length / 2))])[0]!);
  }
  return tokenizer.decode(ids.slice(promptLength));
}

/** One token from softmax(logits ÷ temperature). */
function draw(
  logits: Float32Array,
  temperature: number,
  place: { seed: number; index: number; row: number },
): number {
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = Array.from(logits, (logit) => Math.exp((logit - most) / temperature));
  let left = (randomBelow(2 ** 32, place) / 2 ** 32) * weights.reduce((a, b) => a + b, 0);
  const found = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return found < 0 ? logits.indexOf(most) : found;
}
