/** From the prompts of a job to token ids with room for new ones: the checks that need the tokenizer. */
import { UnknownCharacterError } from '@sparse-transformers/tokenizers';
import type { CompletionJob } from './completion-job.ts';
import type { LanguageModel } from './language-model.ts';
import { RefusalError } from './refusal-error.ts';

/** How many tokens are new unless it is said: OpenAI's number. */
export const usualTokens = 16;

/** A prompt in the model's ids. */
export interface EncodedPrompt {
  readonly ids: Int32Array;
  /** The most new tokens after it. */
  readonly maxTokens: number;
}

/**
 * Encodes and checks all prompts of a job.
 *
 * @throws RefusalError that names the field
 */
export function encodePrompts(job: CompletionJob, model: LanguageModel): EncodedPrompt[] {
  for (const [token] of job.choice.logitBias) checkId('logit_bias', token, model);
  return job.prompts.map((prompt) => {
    const ids = typeof prompt === 'string' ? encodeText(prompt, model) : prompt;
    ids.forEach((id) => {
      checkId('prompt', id, model);
    });
    if (ids.length === 0 && !model.canBegin) {
      throw refusePrompt(
        'prompt is empty, but this model goes on from at least one token. Give a beginning, such as "A".',
      );
    }
    return { ids, maxTokens: checkRoom(ids.length, job.maxTokens, model.length) };
  });
}

function encodeText(text: string, { tokenizer }: LanguageModel): Int32Array {
  try {
    return tokenizer.encode(text);
  } catch (error) {
    if (!(error instanceof UnknownCharacterError)) throw error;
    const { codePoint, position } = error;
    const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
    throw refusePrompt(
      `prompt: the text that the model was trained on had no ${name}, at character ${position}. Leave it out.`,
    );
  }
}

function checkId(param: string, id: number, { tokenizer }: LanguageModel): void {
  if (id < tokenizer.size) return;
  const message = `${param}: token ids of this model go from 0 to ${tokenizer.size - 1}, but ${id} came.`;
  throw new RefusalError(400, message, { param });
}

function checkRoom(prompt: number, asked: CompletionJob['maxTokens'], length: number): number {
  const most = typeof asked === 'number' ? asked : Math.min(asked.atMost, Math.max(0, length - prompt));
  if (prompt + most <= length) return most;
  throw new RefusalError(
    400,
    `This model's maximum context length is ${length} tokens, but ${prompt + most} were asked for: ${prompt} in the prompt, ` +
      `${most} new. Shorten the prompt or lower max_tokens.`,
    { param: prompt > length ? 'prompt' : 'max_tokens', code: 'context_length_exceeded' },
  );
}

function refusePrompt(message: string): RefusalError {
  return new RefusalError(400, message, { param: 'prompt' });
}
