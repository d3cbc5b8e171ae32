/**
 * The text of one completion, as its tokens come.
 *
 * Tokens go through the tokenizer's decoder, which holds back half characters, and then through the stop matcher, which holds back what may
 * become a stop string. A token's report goes out with the text that it stands at, never before, and those behind a stop string never.
 */
import type { StreamDecoder, Tokenizer } from '@sparse-transformers/tokenizers';
import type { FinishReason, TokenReport } from './completion-job.ts';
import { type StopMatcher, stopMatcher } from './stop-matcher.ts';

/** What may be shown now. */
export interface ShownText {
  readonly text: string;
  readonly tokens: readonly TokenReport[];
  readonly finish: FinishReason | null;
}

/** What is said of a token besides its text and place. */
export type TokenOpinion = Pick<TokenReport, 'logprob' | 'top'>;

/** One completion's text. */
export class GeneratedText {
  readonly #tokenizer: Tokenizer;
  readonly #decoder: StreamDecoder;
  readonly #matcher: StopMatcher;
  /** Characters decoded and shown so far. */
  #decoded = 0;
  #shown = 0;
  /** Reports whose text is held back. */
  #waiting: TokenReport[] = [];

  constructor(tokenizer: Tokenizer, stops: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#decoder = tokenizer.decoder();
    this.#matcher = stopMatcher(stops);
  }

  /** The prompt, to begin with; stop strings are not looked for in it. */
  echo(prompt: Int32Array, opinions: readonly (TokenOpinion | null)[]): ShownText {
    // Its own decoder: a prompt that ends within a character shows that as U+FFFD, and the new tokens stand for themselves.
    const decoder = this.#tokenizer.decoder();
    let text = '';
    prompt.forEach((token, position) => {
      this.#report(token, opinions[position] ?? null);
      const piece = decoder.push([token]);
      this.#decoded += characters(piece);
      text += piece;
    });
    const rest = decoder.end();
    this.#decoded += characters(rest);
    return this.#show(text + rest, null);
  }

  /** One more token; `isLast` if none may follow. */
  push(token: number, opinion: TokenOpinion | null, isLast: boolean): ShownText {
    this.#report(token, opinion);
    const piece = this.#decoder.push([token]) + (isLast ? this.#decoder.end() : '');
    this.#decoded += characters(piece);
    const { text, isStopped } = this.#matcher.push(piece);
    if (isStopped) return this.#show(text, 'stop');
    return isLast ? this.#show(text + this.#matcher.end(), 'length') : this.#show(text, null);
  }

  #report(token: number, opinion: TokenOpinion | null): void {
    if (opinion === null) return;
    this.#waiting.push({ text: tokenText(this.#tokenizer, token), offset: this.#decoded, ...opinion });
  }

  /** At the end by length all reports go out, those of half a character too; at a stop only those before it. */
  #show(text: string, finish: FinishReason | null): ShownText {
    this.#shown += characters(text);
    const count = this.#waiting.filter(({ offset }) => offset < this.#shown || finish === 'length').length;
    return { text, tokens: this.#waiting.splice(0, count), finish };
  }
}

/** The text of a token by itself, in the form that OpenAI's API has for bytes that are no character. */
export function tokenText(tokenizer: Tokenizer, token: number): string {
  if (tokenizer.kind === 'bytes' && token >= 0x80) return `bytes:\\x${token.toString(16)}`;
  return tokenizer.decode([token]);
}

/** Code points, which is how OpenAI's API counts text. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
