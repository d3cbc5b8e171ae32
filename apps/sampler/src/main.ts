/** The program behind `sparse-sample`, apart from the process that it runs in. */
import { useEngine } from '@sparse-transformers/engines';
import { disposeParameters } from '@sparse-transformers/layers';
import { generate, type SparseTransformer } from '@sparse-transformers/models';
import { planAudio } from './audio-samples.ts';
import { planImages } from './image-samples.ts';
import type { SamplingPlan } from './medium.ts';
import { readRequest, type SampleRequest } from './request.ts';
import { SamplingProgress } from './sampling-progress.ts';
import { buildModel, bundledModel, readModel, type SavedModel } from './saved-model.ts';
import { planText } from './text-samples.ts';

/** Where text goes. */
export interface TextOutput {
  /** Takes text. */
  write(text: string): unknown;
  /** True for a terminal, which would obey control characters that a model writes: they are shown as U+FFFD there. */
  readonly isTTY?: boolean;
}

/** The world around the program. */
export interface Surroundings {
  /** Where samples of text go, and nothing else. */
  readonly output: TextOutput;
  /** Where notes for people go. */
  readonly notes: TextOutput;
  /** Where `--prompt -` is read from. */
  readonly input: AsyncIterable<Uint8Array>;
}

/** Samples that are decoded side by side: enough that the weights are read once for many, few enough for their caches. */
const batch = 32;

/**
 * Does what the arguments ask for.
 *
 * @throws an error whose message is meant for the user
 */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<void> {
  if (args[0] === 'serve') {
    // The server's libraries are loaded by those who serve.
    const { serve } = await import('./serve/command.ts');
    return serve(args.slice(1), surroundings);
  }
  const request = readRequest(args);
  if (request.kind === 'text') surroundings.output.write(request.text);
  else await sample(request, surroundings);
}

async function sample(request: SampleRequest, surroundings: Surroundings): Promise<void> {
  const { notes } = surroundings;
  const saved = await readModel(request.run ?? bundledModel);
  const { threads } = request;
  const plan = await planSamples(saved, request, surroundings);
  const engine = await useEngine(request.engine, threads === undefined ? {} : { threads });
  notes.write(
    `Model of step ${saved.step} in ${saved.folder}\nEngine ${engine.name}: ${engine.reason}\n${plan.note}`,
  );
  const model = buildModel(saved);
  const progress = new SamplingProgress(notes, plan.tokens * request.samples, { isSilent: plan.showsItself });
  try {
    await generateAll(model, plan, request, progress);
    notes.write(await plan.sink.end());
    progress.end();
  } finally {
    progress.close();
    disposeParameters(model);
  }
}

/** The one place that tells kinds of data apart. */
function planSamples(
  saved: SavedModel,
  request: SampleRequest,
  surroundings: Surroundings,
): Promise<SamplingPlan> {
  const { tokenizer } = saved;
  switch (tokenizer.dataKind) {
    case 'text':
      return planText(saved, tokenizer, request, surroundings);
    case 'images':
      return planImages(saved, tokenizer, request);
    case 'audio':
      return planAudio(saved, tokenizer, request);
  }
}

async function generateAll(
  model: SparseTransformer,
  { prompt, tokens, sink }: SamplingPlan,
  { samples, temperature, topK, topP, seed }: SampleRequest,
  progress: SamplingProgress,
): Promise<void> {
  for (let first = 0; first < samples; first += batch) {
    const prompts = Array<Int32Array>(Math.min(batch, samples - first)).fill(prompt);
    const options = { tokens, temperature, topK, topP, seed, sample: first };
    for await (const chosen of generate(model, prompts, options)) {
      sink.take(first, chosen);
      progress.add(chosen.length);
    }
  }
}
