/** The program behind `sparse-sample`, apart from the process that it runs in. */
import { useEngine } from '@sparse-transformers/engines';
import { disposeParameters } from '@sparse-transformers/layers';
import { type GenerateOptions, generate, type SparseTransformer } from '@sparse-transformers/models';
import type { Tokenizer } from '@sparse-transformers/tokenizers';
import { checkRoom, encodePrompt, readText } from './prompt.ts';
import { readRequest, type SampleRequest } from './request.ts';
import { buildModel, readModel } from './saved-model.ts';

/** Where text goes. */
interface TextOutput {
  /** Takes text. */
  write(text: string): unknown;
  /** True for a terminal, which would obey control characters that a model writes: they are shown as U+FFFD there. */
  readonly isTTY?: boolean;
}

/** All control characters but tabs and ends of lines. */
const controls = /(?![\t\n])\p{Cc}/gu;

/** The world around the program. */
export interface Surroundings {
  /** Where the samples go, and nothing else. */
  readonly output: TextOutput;
  /** Where notes for people go. */
  readonly notes: TextOutput;
  /** Where `--prompt -` is read from. */
  readonly input: AsyncIterable<Uint8Array>;
}

interface Prompt {
  readonly text: string;
  readonly prompt: Int32Array;
}

/**
 * Does what the arguments ask for.
 *
 * @throws an error whose message is meant for the user
 */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<void> {
  const request = readRequest(args);
  if (request.kind === 'text') surroundings.output.write(request.text);
  else await sample(request, surroundings);
}

async function sample(request: SampleRequest, { output, notes, input }: Surroundings): Promise<void> {
  const saved = await readModel(request.run);
  const text = request.prompt === '-' ? await readText(input) : request.prompt;
  const prompt = encodePrompt(text, saved.tokenizer);
  const tokens = checkRoom(prompt.length, request.tokens, saved.config.length);
  const { threads } = request;
  const engine = await useEngine(request.engine, threads === undefined ? {} : { threads });
  notes.write(`Model of step ${saved.step} in ${saved.folder}\nEngine ${engine.name}: ${engine.reason}\n`);
  const model = buildModel(saved);
  try {
    const began = performance.now();
    await writeSamples(model, saved.tokenizer, { text, prompt }, { ...request, tokens }, output);
    notes.write(`${speed(tokens * request.samples, performance.now() - began)}\n`);
  } finally {
    disposeParameters(model);
  }
}

async function writeSamples(
  model: SparseTransformer,
  tokenizer: Tokenizer,
  prompt: Prompt,
  { samples, topK, ...request }: SampleRequest & { tokens: number },
  output: TextOutput,
): Promise<void> {
  const { tokens, temperature, seed } = request;
  for (let sample = 0; sample < samples; sample++) {
    if (sample > 0) output.write('---\n');
    const options = { tokens, temperature, seed, sample, ...(topK === undefined ? {} : { topK }) };
    await writeSample(model, tokenizer, prompt, options, output);
  }
}

/** The prompt, then each token's text as it comes, then the end of the line. */
async function writeSample(
  model: SparseTransformer,
  tokenizer: Tokenizer,
  { text, prompt }: Prompt,
  options: GenerateOptions,
  output: TextOutput,
): Promise<void> {
  const decoder = tokenizer.decoder();
  let last = '';
  const write = (piece: string) => {
    if (piece === '') return;
    output.write(output.isTTY ? piece.replace(controls, '\uFFFD') : piece);
    last = piece;
  };
  write(text);
  for await (const token of generate(model, [prompt], options)) write(decoder.push(token));
  write(decoder.end());
  if (!last.endsWith('\n')) output.write('\n');
}

function speed(tokens: number, milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return `${tokens} tokens in ${seconds.toFixed(1)} s, ${(tokens / seconds).toFixed(0)} a second`;
}
