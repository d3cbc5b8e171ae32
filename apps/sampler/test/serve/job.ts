import type { CompletionJob } from '../../src/serve/completion-job.ts';

/** A job that takes the likeliest tokens after `ab`, unless it is said otherwise. */
export function jobOf(changes: Partial<CompletionJob> = {}): CompletionJob {
  return {
    prompts: ['ab'],
    choices: 1,
    maxTokens: 3,
    seed: 1,
    choice: {
      temperature: 0,
      topK: undefined,
      topP: undefined,
      frequencyPenalty: 0,
      presencePenalty: 0,
      logitBias: [],
    },
    stops: [],
    isEchoed: false,
    logprobs: undefined,
    ...changes,
  };
}
