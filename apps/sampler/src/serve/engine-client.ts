/** The HTTP side of the model's process: gives jobs to it and hands out what happens to them. */
import { type Clock, systemClock } from './clock.ts';
import type { CompletionJob, JobEvent } from './completion-job.ts';
import type { EngineInfo, EngineRound, FromEngine, ToEngine } from './engine-protocol.ts';

/** Hears what happens to a job. */
export type JobListener = (event: JobEvent) => void;

interface OpenJob {
  readonly listener: JobListener;
  readonly completions: number;
  finished: number;
  isWaiting: boolean;
}

/** A model in another process. */
export class EngineClient {
  /** The model. */
  readonly info: EngineInfo;
  readonly #send: (message: ToEngine) => void;
  #watcher: (round: EngineRound) => void = () => {};
  readonly #jobs = new Map<number, OpenJob>();
  #nextId = 0;
  #failure: string | null = null;
  #running = 0;
  readonly #clock: Clock;
  /** Jobs of which the process still has something to say: those that are open, and those that it hasn't heard the end of. */
  readonly #owed = new Set<number>();
  #heard = 0;

  constructor(info: EngineInfo, send: (message: ToEngine) => void, clock: Clock = systemClock) {
    this.info = info;
    this.#send = send;
    this.#clock = clock;
  }

  /** For how long the process has said nothing, though it owes an answer. A forward pass takes its time; longer than that, it is stalled. */
  get silentMs(): number {
    return this.#owed.size === 0 || this.#failure !== null ? 0 : this.#clock.now() - this.#heard;
  }

  /** Why the process ended; null while it runs. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Jobs of which no completion has started. */
  get waiting(): number {
    return [...this.#jobs.values()].filter(({ isWaiting }) => isWaiting).length;
  }

  /** Jobs that are not finished. */
  get open(): number {
    return this.#jobs.size;
  }

  /** Completions that are being decoded, after the last round that was told. */
  get running(): number {
    return this.#running;
  }

  /**
   * Gives a job to the model.
   *
   * @param listener is told what happens, never before this returns
   * @returns ends the job, of which the listener then hears nothing more
   */
  submit(job: CompletionJob, listener: JobListener): () => void {
    const id = this.#nextId++;
    const completions = job.prompts.length * job.choices;
    this.#jobs.set(id, { listener, completions, finished: 0, isWaiting: true });
    if (this.#owed.size === 0) this.#heard = this.#clock.now();
    this.#owed.add(id);
    this.#send({ kind: 'submit', id, job });
    return () => {
      if (this.#jobs.delete(id)) this.#send({ kind: 'cancel', id });
    };
  }

  /** Tells this listener, and no other from now on, of each round. */
  watch(watcher: (round: EngineRound) => void): void {
    this.#watcher = watcher;
  }

  /** Takes a message of the model's process. */
  receive(message: FromEngine): void {
    this.#heard = this.#clock.now();
    if (message.kind === 'cancelled') this.#owed.delete(message.id);
    if (message.kind === 'taken') this.#tell(message.id, message.event);
    if (message.kind !== 'round') return;
    this.#running = message.running;
    this.#watcher(message);
    for (const [id, event] of message.events) this.#tell(id, event);
  }

  /** Tells everybody that the process has ended. */
  fail(reason: string): void {
    this.#failure = reason;
    this.#running = 0;
    const refusal = {
      status: 503,
      message: 'The model has failed. See the log of the server.',
      param: null,
      code: 'model_failed',
    };
    for (const id of [...this.#jobs.keys()]) this.#tell(id, { kind: 'refused', refusal });
  }

  #tell(id: number, event: JobEvent): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return; // It was cancelled; the process will say that it has heard so.
    if (event.kind === 'started') job.isWaiting = false;
    if (event.kind === 'piece' && event.piece.finish) job.finished++;
    if (event.kind === 'refused' || job.finished === job.completions) {
      this.#jobs.delete(id);
      this.#owed.delete(id);
    }
    job.listener(event);
  }
}
