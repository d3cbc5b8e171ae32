/** One completion while it is made: it chooses tokens from logits and keeps its text. */
import { chooseToken, samplingNumber } from '@sparse-transformers/models';
import type { CompletionJob, Piece } from './completion-job.ts';
import type { EncodedPrompt } from './encode-prompts.ts';
import { GeneratedText, type ShownText, type TokenOpinion } from './generated-text.ts';
import type { LanguageModel } from './language-model.ts';
import { opinionOf } from './token-opinion.ts';

/** What a completion is made of. */
export interface CompletionParts {
  readonly job: CompletionJob;
  /** Which completion of the job. */
  readonly index: number;
  readonly prompt: EncodedPrompt;
  readonly model: LanguageModel;
}

/** One completion. */
export class RunningCompletion {
  readonly prompt: EncodedPrompt;
  readonly #job: CompletionJob;
  readonly #index: number;
  readonly #model: LanguageModel;
  readonly #text: GeneratedText;
  /** How often each token was generated; only penalties read it. */
  readonly #times = new Map<number, number>();
  #generated = 0;

  constructor({ job, index, prompt, model }: CompletionParts) {
    this.#job = job;
    this.#index = index;
    this.prompt = prompt;
    this.#model = model;
    this.#text = new GeneratedText(model.tokenizer, job.stops);
  }

  /** What it begins with, before any new token; finished already if none may come; null if there is nothing to say. */
  async begin(): Promise<Piece | null> {
    const { ids, maxTokens } = this.prompt;
    const finish = maxTokens === 0 ? 'length' : null;
    if (!this.#job.isEchoed) return finish && this.#piece({ text: '', tokens: [], finish }, 0);
    return this.#piece({ ...this.#text.echo(ids, await this.#opinionsOfPrompt()), finish }, 0);
  }

  /**
   * Chooses its next token.
   *
   * @param logits of that token, `[V]`
   * @throws RangeError for logits that are not finite
   */
  next(logits: Float32Array): { readonly token: number; readonly piece: Piece } {
    const place = { seed: this.#job.seed, sample: this.#index % this.#job.choices, token: this.#generated };
    const token = chooseToken(this.#adjust(logits), this.#job.choice, samplingNumber(place));
    this.#generated++;
    this.#times.set(token, (this.#times.get(token) ?? 0) + 1);
    const isLast = this.#generated === this.prompt.maxTokens;
    return { token, piece: this.#piece(this.#text.push(token, this.#opinion(logits, token), isLast), 1) };
  }

  #piece({ text, tokens, finish }: ShownText, generated: number): Piece {
    return { index: this.#index, text, tokens, finish, generated };
  }

  /** Penalties and biases, on a copy: several completions of a prompt share their first logits. */
  #adjust(logits: Float32Array): Float32Array {
    const { frequencyPenalty, presencePenalty, logitBias } = this.#job.choice;
    if (frequencyPenalty === 0 && presencePenalty === 0 && logitBias.length === 0) return logits;
    const adjusted = logits.slice();
    for (const [token, times] of this.#times) adjusted[token]! -= times * frequencyPenalty + presencePenalty;
    for (const [token, bias] of logitBias) adjusted[token]! += bias;
    return adjusted;
  }

  #opinion(logits: Float32Array | null, token: number): TokenOpinion | null {
    const count = this.#job.logprobs;
    if (count === undefined) return null;
    if (logits === null) return { logprob: null, top: null };
    return opinionOf(logits, token, { count, tokenizer: this.#model.tokenizer });
  }

  async #opinionsOfPrompt(): Promise<(TokenOpinion | null)[]> {
    const { ids } = this.prompt;
    if (this.#job.logprobs === undefined || ids.length === 0) return [];
    const logits = await this.#model.promptLogits(ids);
    return Array.from(ids, (id, position) => this.#opinion(logits[position]!, id));
  }
}
