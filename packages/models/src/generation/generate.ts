import { createDecoder, type Decoder, type OpenedSequence } from '../decoding/index.ts';
import type { SparseTransformer } from '../sparse-transformer/index.ts';
import { type Choice, checkChoice, chooseToken } from './choose-token.ts';
import { samplingNumber } from './sampling-number.ts';

/** What to generate. */
export interface GenerateOptions extends Choice {
  /** How many new tokens after each prompt, a whole number >= 1. With the prompt they must fit into the model's length. */
  readonly tokens: number;
  /** The same seed gives the same tokens on the same engine: a whole number from 0 to 2⁵³ − 1; default 1. */
  readonly seed?: number | undefined;
  /** The sample that the first prompt is, the next is one more, and so on: a whole number from 0 to below 2³²; default 0. */
  readonly sample?: number | undefined;
  /** Ends the generation: the iterator throws the signal's reason before the next tokens. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * New tokens after each of some prompts, all prompts side by side, one round of tokens at a time. Token t of sample s is
 * drawn with the random number of seed, s and t alone, so it does not matter what was generated before, or beside it.
 *
 * ```ts
 * for await (const tokens of generate(model, [prompt, prompt], { tokens: 100 })) write(tokens[0], tokens[1]);
 * ```
 *
 * @param prompts token ids; empty ones only if the model has a learned start vector. The same array several times is read once
 * @returns rounds of token ids, one a prompt; other work of the process gets its turn between any two rounds
 * @throws RangeError, at the first round, for an option out of range or more tokens than the model can see; and the
 *   signal's reason once it is aborted
 */
export async function* generate(
  model: SparseTransformer,
  prompts: readonly ArrayLike<number>[],
  { tokens, seed = 1, sample = 0, signal, ...choice }: GenerateOptions,
): AsyncGenerator<Int32Array, void> {
  checkWhole('tokens', tokens, 1, Number.MAX_SAFE_INTEGER);
  checkWhole('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  checkWhole('sample', sample, 0, 2 ** 32 - Math.max(1, prompts.length));
  checkChoice('generate', choice);
  for (const { length } of prompts) checkRoom(length, tokens, model.config.length);
  signal?.throwIfAborted();
  const decoder = createDecoder(model);
  const opened = await openAll(decoder, prompts);
  const sequences = opened.map(({ sequence }) => sequence);
  let logits = opened.map((one) => one.logits);
  for (let token = 0; token < tokens; token++) {
    const chosen = Int32Array.from(logits, (ofOne, index) =>
      chooseToken(ofOne, choice, samplingNumber({ seed, sample: sample + index, token })),
    );
    yield chosen.slice();
    if (token === tokens - 1) return;
    await turnOfOthers();
    signal?.throwIfAborted();
    logits = await decoder.step(sequences, chosen);
  }
}

/** Opens each prompt once, and forks what comes again. */
async function openAll(decoder: Decoder, prompts: readonly ArrayLike<number>[]): Promise<OpenedSequence[]> {
  const different = [...new Set(prompts)];
  const opened = await decoder.open(different);
  return prompts.map((prompt, index) => {
    const one = opened[different.indexOf(prompt)]!;
    return prompts.indexOf(prompt) === index ? one : { ...one, sequence: decoder.fork(one.sequence) };
  });
}

/**
 * Decoding keeps the thread: without this no signal, input or output of the process would come through. Browsers have no `setImmediate`, and
 * make a timer wait 4 ms.
 */
function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => {
    if (globalThis.setImmediate?.(resolve) !== undefined) return;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
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
