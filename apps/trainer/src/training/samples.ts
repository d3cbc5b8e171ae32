/** What the model makes up, drawn while it learns. */
import { generate, type SparseTransformer } from '@sparse-transformers/models';
import type { SamplesConfig } from '../configuration/index.ts';
import type { RunData } from '../data/index.ts';

/** How to draw. */
export interface DrawOptions extends Pick<SamplesConfig, 'count' | 'tokens' | 'temperature'> {
  /** The same seed and weights give the same samples. */
  readonly seed: number;
  /** Ends the drawing: nothing is given then. */
  readonly signal?: AbortSignal | undefined;
}

/** Where nothing stands before the first token, the beginning of the validation split does: at most so many tokens of it. */
const promptTokens = 64;

/**
 * Rows of tokens: whole records, such as images, or what follows a learned start or the beginning of the validation split, that beginning included.
 *
 * @returns null if the signal came
 */
export async function drawSamples(
  model: SparseTransformer,
  data: RunData,
  { count, tokens, temperature, seed, signal }: DrawOptions,
): Promise<Int32Array[] | null> {
  const { length } = model.config;
  const prompt = await promptOf(model, data);
  const room = length - prompt.length;
  const isWhole = data.split('valid').record !== undefined;
  const wanted = isWhole ? room : Math.min(tokens, room);
  const rows = Array.from({ length: count }, () => new Int32Array(prompt.length + wanted));
  for (const row of rows) row.set(prompt);
  let place = prompt.length;
  const prompts = Array<Int32Array>(count).fill(prompt);
  for await (const chosen of generate(model, prompts, { tokens: wanted, temperature, seed })) {
    if (signal?.aborted) return null;
    for (const [index, row] of rows.entries()) row[place] = chosen[index]!;
    place += 1;
  }
  return rows;
}

async function promptOf(
  { config: { start, length } }: SparseTransformer,
  data: RunData,
): Promise<Int32Array> {
  if (start === 'learned') return new Int32Array();
  const valid = data.split('valid');
  const prompt = new Int32Array(Math.min(promptTokens, Math.ceil(length / 2), valid.tokens));
  await valid.read(0, prompt);
  return prompt;
}
