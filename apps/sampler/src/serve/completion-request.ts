/**
 * The body of `POST /v1/completions`, in the form of OpenAI's API.
 *
 * Every field of that API is done, or refused by an error that names it; a field that the API does not have is ignored, because
 * clients send their own. `top_k` is ours.
 */
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { CompletionJob } from './completion-job.ts';
import { usualTokens } from './encode-prompts.ts';
import { RefusalError } from './refusal-error.ts';

/** What a request is held against. */
export interface RequestLimits {
  /** The name of the one model. */
  readonly model: string;
  /** The most tokens that it sees. */
  readonly length: number;
  /** The most new tokens of one completion; undefined: as many as there is room for. */
  readonly maxTokens: number | undefined;
}

/** A request that makes sense as far as one can see without the tokenizer. */
export interface CompletionRequest {
  readonly job: CompletionJob;
  readonly isStreamed: boolean;
  /** True if a stream ends with the numbers of tokens. */
  readonly isUsageStreamed: boolean;
}

const mostCompletions = 128;
const mostStops = 4;
const mostBiases = 1024;
/** `max_tokens` of clients, such as LangChain's, that set no limit. */
const unlimited = -1;
/** Far longer than any in use; the matcher's memory grows with it. */
const longestStop = 1024;

const penalty = z.number().min(-2).max(2).nullish();
const stop = z
  .string()
  .min(1)
  .max(longestStop)
  .refine((text) => !/\p{Surrogate}/u.test(text));

const schema = z.object({
  model: z.string(),
  prompt: z.unknown().optional(),
  max_tokens: z.int().min(unlimited).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(1).nullish(),
  n: z.int().min(1).max(mostCompletions).nullish(),
  best_of: z.int().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  logprobs: z.int().min(0).max(20).nullish(),
  echo: z.boolean().nullish(),
  stop: z.union([stop, z.array(stop)]).nullish(),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  logit_bias: z.record(z.string().regex(/^\d{1,9}$/), z.number().min(-100).max(100)).nullish(),
  seed: z.int().min(0).nullish(),
  suffix: z.string().max(0).nullish(),
  user: z.string().nullish(),
});

type Body = z.infer<typeof schema>;

/**
 * Reads a body.
 *
 * @throws RefusalError that names the field, what was expected and the way out
 */
export function readCompletionRequest(json: unknown, limits: RequestLimits): CompletionRequest {
  checkCounts(json);
  const parsed = schema.safeParse(json, { reportInput: true });
  if (!parsed.success) throw refuseField(parsed.error.issues[0]!);
  const body = parsed.data;
  checkModel(body.model, limits.model);
  checkMaxTokens(body.max_tokens, limits);
  checkBestOf(body);
  const prompts = readPrompts(body.prompt ?? '', limits.length);
  checkCompletions(prompts.length, body.n ?? 1);
  if (body.stream_options && !body.stream) {
    throw refuse(
      'stream_options',
      'is for streams only, but stream is not true. Leave it out, or set stream',
    );
  }
  return {
    job: jobOf(body, prompts, limits),
    isStreamed: body.stream ?? false,
    isUsageStreamed: body.stream_options?.include_usage ?? false,
  };
}

/** Looked at first: a list that fills the body would keep the thread for long. */
function checkCounts(json: unknown): void {
  if (typeof json !== 'object' || json === null) return;
  const { stop, logit_bias: biases } = json as { stop?: unknown; logit_bias?: unknown };
  if (Array.isArray(stop) && stop.length > mostStops) {
    throw refuse('stop', `may hold at most ${mostStops} texts, but ${stop.length} came. Leave some out`);
  }
  if (typeof biases !== 'object' || biases === null || Array.isArray(biases)) return;
  const count = Object.keys(biases).length;
  if (count <= mostBiases) return;
  throw refuse('logit_bias', `may hold at most ${mostBiases} tokens, but ${count} came. Leave some out`);
}

function jobOf(body: Body, prompts: CompletionJob['prompts'], { maxTokens }: RequestLimits): CompletionJob {
  return {
    prompts,
    choices: body.n ?? 1,
    maxTokens: mostNew(body.max_tokens, maxTokens),
    // Another text each time, as with OpenAI's, unless a seed is given.
    seed: body.seed ?? randomInt(2 ** 48 - 1),
    choice: {
      temperature: body.temperature ?? 1,
      topK: body.top_k ?? undefined,
      topP: body.top_p ?? undefined,
      frequencyPenalty: body.frequency_penalty ?? 0,
      presencePenalty: body.presence_penalty ?? 0,
      logitBias: Object.entries(body.logit_bias ?? {}).map(([token, bias]) => [Number(token), bias]),
    },
    stops: typeof body.stop === 'string' ? [body.stop] : (body.stop ?? []),
    isEchoed: body.echo ?? false,
    logprobs: body.logprobs ?? undefined,
  };
}

/** What a job holds as its most tokens; of a server's own limit there is no more. */
function mostNew(asked: number | null | undefined, limit: number | undefined): CompletionJob['maxTokens'] {
  if (asked === unlimited) return { atMost: limit ?? Number.MAX_SAFE_INTEGER };
  if (asked !== null && asked !== undefined) return asked;
  return { atMost: Math.min(usualTokens, limit ?? usualTokens) };
}

function checkModel(asked: string, model: string): void {
  if (asked === model) return;
  throw new RefusalError(
    404,
    `model: this server has the model ${JSON.stringify(model)} only. Ask for that one.`,
    {
      param: 'model',
      code: 'model_not_found',
    },
  );
}

function checkMaxTokens(asked: number | null | undefined, { maxTokens, length }: RequestLimits): void {
  const most = maxTokens ?? length;
  if (asked === null || asked === undefined || asked <= most) return;
  throw refuse('max_tokens', `may be at most ${most} on this server, but is ${asked}. Lower it`);
}

function checkBestOf({ best_of: bestOf, n }: Body): void {
  if (bestOf === null || bestOf === undefined || bestOf === (n ?? 1)) return;
  throw refuse(
    'best_of',
    `is not supported: it may only equal n, ${n ?? 1}, but is ${bestOf}. Leave it out and choose by logprobs`,
  );
}

function checkCompletions(prompts: number, choices: number): void {
  if (prompts * choices <= mostCompletions) return;
  throw refuse(
    choices > 1 ? 'n' : 'prompt',
    `asks for ${prompts} × ${choices} completions, but one request may have ${mostCompletions}. Send several requests`,
  );
}

/** One text, one list of token ids, or several of either: lengths are looked at before anything else is. */
function readPrompts(value: unknown, length: number): (string | Int32Array)[] {
  if (!Array.isArray(value)) return [readPrompt(value, length)];
  if (value.length > 0 && typeof value[0] === 'number') return [readIds(value, length)];
  if (value.length > mostCompletions) checkCompletions(value.length, 1);
  if (value.length === 0) throw refuse('prompt', 'is an empty list. Give a text, or leave it out');
  return value.map((one) => readPrompt(one, length));
}

function readPrompt(value: unknown, length: number): string | Int32Array {
  if (Array.isArray(value)) return readIds(value, length);
  if (typeof value !== 'string') {
    throw refuse(
      'prompt',
      `must be a text, a list of token ids, or a list of either, but ${nameOf(value)} came`,
    );
  }
  // A character is a token at least, and two UTF-16 units at most.
  if (value.length > 2 * length) throw tooLong(`${value.length} UTF-16 units`, length);
  return value;
}

function readIds(ids: readonly unknown[], length: number): Int32Array {
  if (ids.length > length) throw tooLong(`${ids.length} token ids`, length);
  return Int32Array.from(ids, (id) => {
    if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < 2 ** 31) return id;
    throw refuse('prompt', `must hold token ids, whole numbers from 0, but ${nameOf(id)} came`);
  });
}

function tooLong(came: string, length: number): RefusalError {
  return new RefusalError(
    400,
    `prompt: this model's maximum context length is ${length} tokens, but a prompt of ${came} came. Shorten it; its end counts most.`,
    { param: 'prompt', code: 'context_length_exceeded' },
  );
}

/** What each field may be, in words: a validator's own are made for programmers. */
const expectations: Readonly<Record<string, string>> = {
  model: "the name of this server's model, as /v1/models has it",
  max_tokens: 'a whole number from 0, or -1 for as many as there is room for',
  temperature: 'a number from 0 to 2',
  top_p: 'a number above 0, at most 1',
  top_k: 'a whole number from 1',
  n: `a whole number from 1 to ${mostCompletions}`,
  best_of: 'the same as n',
  stream: 'true or false',
  stream_options: 'an object with include_usage, true or false',
  'stream_options.include_usage': 'true or false',
  logprobs: 'a whole number from 0 to 20',
  echo: 'true or false',
  stop: `a text of 1 to ${longestStop} units in whole characters, or a list of up to ${mostStops} such`,
  presence_penalty: 'a number from -2 to 2',
  frequency_penalty: 'a number from -2 to 2',
  logit_bias: 'an object of token ids with numbers from -100 to 100',
  seed: 'a whole number from 0',
  suffix: 'left out: text before a given end is not supported',
  user: 'a text',
};

/** What came is told only if it is short. */
function refuseField({ path, input }: z.core.$ZodIssue): RefusalError {
  const came = input === undefined ? 'nothing came' : `${nameOf(input)} came`;
  if (path.length === 0) return new RefusalError(400, `The body must be a JSON object, but ${came}.`);
  const [param, inner] = path.map(String) as [string, string?];
  // Of a list or of token ids: what stands within is told by the whole's words.
  const field = inner !== undefined && `${param}.${inner}` in expectations ? `${param}.${inner}` : param;
  return new RefusalError(400, `${field} must be ${expectations[field]}, but ${came}.`, { param });
}

function refuse(param: string, message: string): RefusalError {
  return new RefusalError(400, `${param} ${message}.`, { param });
}

function nameOf(value: unknown): string {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'a text' : 'an object';
}
