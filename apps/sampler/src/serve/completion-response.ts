/** Completions in the form of OpenAI's API, whole and in chunks. */
import type { FinishReason, Piece, TokenReport } from './completion-job.ts';

/** How many tokens a request took. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** What all parts of one answer share. */
export interface CompletionHead {
  readonly id: string;
  readonly object: 'text_completion';
  /** Unix time in seconds. */
  readonly created: number;
  readonly model: string;
}

/** Four lists, side by side. */
interface Logprobs {
  readonly tokens: string[];
  readonly token_logprobs: (number | null)[];
  readonly top_logprobs: (Readonly<Record<string, number>> | null)[];
  readonly text_offset: number[];
}

interface Choice {
  readonly text: string;
  readonly index: number;
  readonly logprobs: Logprobs | null;
  readonly finish_reason: FinishReason | null;
}

/** The head of a new answer. */
export function completionHead(id: string, model: string): CompletionHead {
  return { id: `cmpl-${id}`, object: 'text_completion', created: Math.floor(Date.now() / 1000), model };
}

/** The usage of a request. */
export function usageOf(prompt: number, generated: number): Usage {
  return { prompt_tokens: prompt, completion_tokens: generated, total_tokens: prompt + generated };
}

/** One chunk of a stream. */
export function chunkOf(head: CompletionHead, { index, text, tokens, finish }: Piece, hasLogprobs: boolean) {
  return { ...head, choices: [choiceOf({ index, text, tokens, finish }, hasLogprobs)] };
}

/** The pieces of all completions of a request, put together. */
export class CollectedCompletions {
  readonly #completions: { texts: string[]; tokens: TokenReport[]; finish: FinishReason | null }[];

  constructor(count: number) {
    this.#completions = Array.from({ length: count }, () => ({ texts: [], tokens: [], finish: null }));
  }

  /** Takes the next piece of one of them. */
  add({ index, text, tokens, finish }: Piece): void {
    const completion = this.#completions[index]!;
    completion.texts.push(text);
    for (const token of tokens) completion.tokens.push(token);
    completion.finish = finish;
  }

  /** All of them. */
  choices(hasLogprobs: boolean): Choice[] {
    return this.#completions.map(({ texts, tokens, finish }, index) =>
      choiceOf({ index, text: texts.join(''), tokens, finish }, hasLogprobs),
    );
  }
}

function choiceOf({ index, text, tokens, finish }: Omit<Piece, 'generated'>, hasLogprobs: boolean): Choice {
  return { text, index, logprobs: hasLogprobs ? logprobsOf(tokens) : null, finish_reason: finish };
}

function logprobsOf(tokens: readonly TokenReport[]): Logprobs {
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ top }) => top),
    text_offset: tokens.map(({ offset }) => offset),
  };
}
