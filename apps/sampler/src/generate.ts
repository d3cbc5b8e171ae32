import { type SparseTransformer, startDecoder } from '@sparse-transformers/models';
import { chooseToken } from './choose-token.ts';
import { samplingNumber } from './sampling-number.ts';

/** What to generate. */
export interface GenerateOptions {
  /** How many new tokens, a whole number >= 1. With the prompt they must fit into the model's length. */
  readonly tokens: number;
  /** Divides the logits, a finite number >= 0: below 1 the likely grow likelier, 0 always takes the likeliest; default 1. */
  readonly temperature?: number;
  /** Chooses from so many of the likeliest tokens, a whole number >= 1; from all unless given. */
  readonly topK?: number;
  /** The same seed gives the same tokens on the same engine: a whole number from 0 to 2⁵³ − 1; default 1. */
  readonly seed?: number;
  /** Which of several texts of this seed, a whole number from 0 to below 2³²; default 0. */
  readonly sample?: number;
  /** Ends the generation: the iterator throws the signal's reason before the next token. */
  readonly signal?: AbortSignal;
}

/**
 * New tokens after a prompt, one at a time, as they are chosen. Token t of sample s is drawn with the random number of
 * seed, s and t alone, so it does not matter what was generated before, or in which order.
 *
 * @param prompt token ids, at least one
 * @returns token ids; other work of the process gets its turn between any two
 * @throws RangeError, at the first token, for an option out of range or more tokens than the model can see; and the
 *   signal's reason once it is aborted
 */
export async function* generate(
  model: SparseTransformer,
  prompt: ArrayLike<number>,
  { tokens, temperature = 1, topK, seed = 1, sample = 0, signal }: GenerateOptions,
): AsyncGenerator<number, void> {
  checkOptions({ tokens, temperature, topK: topK ?? 1, seed, sample });
  checkRoom(prompt.length, tokens, model.config.length);
  signal?.throwIfAborted();
  const { decoder, logits: ofPrompt } = startDecoder(model, [prompt]);
  let logits = ofPrompt[0]!;
  for (let token = 0; token < tokens; token++) {
    signal?.throwIfAborted();
    const next = chooseToken(logits, { temperature, topK }, samplingNumber({ seed, sample, token }));
    yield next;
    if (token === tokens - 1) return;
    await turnOfOthers();
    signal?.throwIfAborted();
    logits = decoder.step([next])[0]!;
  }
}

/** Decoding keeps the thread: without this no signal, input or output of the process would come through. */
function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function checkOptions(options: Required<Omit<GenerateOptions, 'signal'>>): void {
  const { tokens, temperature, topK, seed, sample } = options;
  checkWhole('tokens', tokens, 1, Number.MAX_SAFE_INTEGER);
  checkWhole('topK', topK, 1, Number.MAX_SAFE_INTEGER);
  checkWhole('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  checkWhole('sample', sample, 0, 2 ** 32 - 1);
  if (Number.isFinite(temperature) && temperature >= 0) return;
  throw new RangeError(`generate: temperature must be a finite number >= 0, but is ${temperature}.`);
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`generate: ${name} must be a whole number from ${least} to ${most}, but is ${value}.`);
}

function checkRoom(prompt: number, tokens: number, length: number): void {
  if (prompt + tokens <= length) return;
  throw new RangeError(
    `generate: the prompt has ${prompt} tokens and ${tokens} more are asked for, but the model sees at most ${length}. ` +
      'Shorten the prompt or ask for fewer.',
  );
}
