/**
 * Batched decoding of many jobs: one decoder step serves all running completions, and jobs join and leave between steps.
 *
 * It knows neither clocks nor sockets: whoever owns it submits and cancels jobs and calls `run` as long as there is something to do, so
 * that tests can look at every step. While a round runs nothing may be submitted or cancelled. A round is: open prompts that wait and fit, choose a token for each running
 * completion, close those that ended, read the others' tokens in one step. Completions start in the order in which they came.
 */
import type { OpenedSequence, Sequence } from '@sparse-transformers/models';
import type { CompletionJob, JobEvent, Refusal } from './completion-job.ts';
import { type EncodedPrompt, encodePrompts } from './encode-prompts.ts';
import type { LanguageModel } from './language-model.ts';
import { RefusalError } from './refusal-error.ts';
import { RunningCompletion } from './running-completion.ts';

/** How much is computed at once. */
export interface SchedulerLimits {
  /** The most completions that run at once. */
  readonly batch: number;
  /**
   * The most prompt tokens, with padding, that are read in one forward pass, so that those who run needn't wait long and memory is
   * bounded. A longer prompt is read by itself.
   */
  readonly promptTokens: number;
}

/** What one round did. */
export interface Round {
  /** What happened to which job, in order. */
  readonly events: readonly (readonly [job: number, event: JobEvent])[];
  /** How many completions the decoder went on with; 0: there was no step. */
  readonly stepped: number;
}

/** A job of which a completion is unfinished. */
interface OpenJob {
  readonly id: number;
  hasStarted: boolean;
  unfinished: number;
}

interface Waiting {
  readonly owner: OpenJob;
  readonly completion: RunningCompletion;
}

interface Running extends Waiting {
  readonly sequence: Sequence;
  /** Of its next token. */
  logits: Float32Array;
}

/** All jobs of one model. */
export class Scheduler {
  readonly #model: LanguageModel;
  readonly #limits: SchedulerLimits;
  readonly #jobs = new Map<number, OpenJob>();
  #waiting: Waiting[] = [];
  #running: Running[] = [];
  #events: [number, JobEvent][] = [];

  constructor(model: LanguageModel, limits: SchedulerLimits) {
    this.#model = model;
    this.#limits = limits;
  }

  /** Completions that a sequence is open for. */
  get running(): number {
    return this.#running.length;
  }

  /** False if `run` would do nothing. */
  get hasWork(): boolean {
    return this.#jobs.size > 0;
  }

  /** Takes a job; gives `accepted` or `refused`. */
  submit(id: number, job: CompletionJob): JobEvent {
    try {
      return { kind: 'accepted', promptTokens: this.#enqueue(id, job) };
    } catch (error) {
      return { kind: 'refused', refusal: refusalOf(error) };
    }
  }

  /** Ends a job and frees what it holds; nothing happens for one that ended before. */
  cancel(id: number): void {
    if (!this.#jobs.delete(id)) return;
    this.#waiting = this.#waiting.filter(({ owner }) => owner.id !== id);
    for (const { owner, sequence } of this.#running) if (owner.id === id) this.#model.decoder.close(sequence);
    this.#running = this.#running.filter(({ owner }) => owner.id !== id);
  }

  /** One round. */
  async run(): Promise<Round> {
    await this.#admit();
    const tokens = this.#chooseTokens();
    await this.#step(tokens);
    const events = this.#events;
    this.#events = [];
    return { events, stepped: tokens.length };
  }

  /** Gives the number of prompt tokens. */
  #enqueue(id: number, job: CompletionJob): number {
    const prompts = encodePrompts(job, this.#model);
    const owner = { id, hasStarted: false, unfinished: prompts.length * job.choices };
    this.#jobs.set(id, owner);
    for (let index = 0; index < owner.unfinished; index++) {
      const prompt = prompts[Math.floor(index / job.choices)]!;
      this.#waiting.push({
        owner,
        completion: new RunningCompletion({ job, index, prompt, model: this.#model }),
      });
    }
    return prompts.reduce((sum, { ids }) => sum + ids.length, 0);
  }

  async #admit(): Promise<void> {
    const begun: Waiting[] = [];
    for (const waiting of this.#takeWaiting()) if (await this.#begin(waiting)) begun.push(waiting);
    // One that could not begin takes the other completions of its job with it.
    const joining = begun.filter(({ owner }) => this.#jobs.has(owner.id));
    const prompts = [...new Set(joining.map(({ completion }) => completion.prompt))];
    if (prompts.length === 0) return;
    let opened: readonly OpenedSequence[] = [];
    try {
      opened = await this.#model.decoder.open(prompts.map(({ ids }) => ids));
      this.#join(joining, new Map(prompts.map((prompt, index) => [prompt, opened[index]!])));
    } catch (error) {
      for (const { sequence } of opened) this.#model.decoder.close(sequence);
      for (const { owner } of joining) this.#fail(owner, error);
    }
  }

  /** Those at the head of the queue that have room beside the running ones and fit into one forward pass. */
  #takeWaiting(): Waiting[] {
    const prompts = new Set<EncodedPrompt>();
    const room = Math.max(0, this.#limits.batch - this.#running.length);
    let longest = 0;
    let count = 0;
    for (const { completion } of this.#waiting.slice(0, room)) {
      longest = Math.max(longest, completion.prompt.ids.length);
      prompts.add(completion.prompt);
      if (count > 0 && prompts.size * longest > this.#limits.promptTokens) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  /** Says what a completion begins with; false if that was all. */
  async #begin({ owner, completion }: Waiting): Promise<boolean> {
    if (!this.#jobs.has(owner.id)) return false;
    if (!owner.hasStarted) this.#events.push([owner.id, { kind: 'started' }]);
    owner.hasStarted = true;
    try {
      const piece = await completion.begin();
      if (piece) this.#events.push([owner.id, { kind: 'piece', piece }]);
      if (piece?.finish) this.#finish(owner);
      return !piece?.finish;
    } catch (error) {
      this.#fail(owner, error);
      return false;
    }
  }

  /** A prompt was read once; all completions of it but one are forks. */
  #join(joining: readonly Waiting[], opened: ReadonlyMap<EncodedPrompt, OpenedSequence>): void {
    const taken = new Set<OpenedSequence>();
    for (const waiting of joining) {
      const one = opened.get(waiting.completion.prompt)!;
      const sequence = taken.has(one) ? this.#model.decoder.fork(one.sequence) : one.sequence;
      taken.add(one);
      this.#running.push({ ...waiting, sequence, logits: one.logits });
    }
  }

  /** The tokens of those that go on, in the order in which they run from now on. */
  #chooseTokens(): number[] {
    const tokens = new Map<Running, number>();
    for (const running of this.#running) {
      const { owner, completion, logits } = running;
      if (!this.#jobs.has(owner.id)) continue;
      try {
        const { token, piece } = completion.next(logits);
        this.#events.push([owner.id, { kind: 'piece', piece }]);
        if (piece.finish) this.#leave(running);
        else tokens.set(running, token);
      } catch (error) {
        this.#fail(owner, error);
      }
    }
    return this.#running.map((running) => tokens.get(running)!);
  }

  async #step(tokens: readonly number[]): Promise<void> {
    if (tokens.length === 0) return;
    try {
      const sequences = this.#running.map(({ sequence }) => sequence);
      const logits = await this.#model.decoder.step(sequences, tokens);
      this.#running.forEach((running, index) => {
        running.logits = logits[index]!;
      });
    } catch (error) {
      for (const { owner } of this.#running) this.#fail(owner, error);
    }
  }

  #leave(running: Running): void {
    this.#model.decoder.close(running.sequence);
    this.#running = this.#running.filter((other) => other !== running);
    this.#finish(running.owner);
  }

  #finish(owner: OpenJob): void {
    owner.unfinished--;
    if (owner.unfinished === 0) this.#jobs.delete(owner.id);
  }

  #fail(owner: OpenJob, error: unknown): void {
    if (!this.#jobs.has(owner.id)) return;
    this.cancel(owner.id);
    this.#events.push([owner.id, { kind: 'refused', refusal: refusalOf(error) }]);
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  const message = `The model failed: ${error instanceof Error ? error.message : String(error)}`;
  return { status: 500, message, param: null, code: 'model_failed' };
}
