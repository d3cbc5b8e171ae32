/** What the HTTP side and the model's process say to each other. */
import type { EngineName } from '@sparse-transformers/engines';
import type { CompletionJob, JobEvent } from './completion-job.ts';
import type { SchedulerLimits } from './scheduler.ts';

/** Which model to load, and where to compute. */
export interface EngineStart {
  /** Folder of a run or a checkpoint. */
  readonly run: string;
  /** Where to compute. */
  readonly engine: EngineName;
  /** The most threads that one op may use; undefined: all cores. */
  readonly threads: number | undefined;
  /** How much is computed at once. */
  readonly limits: SchedulerLimits;
}

/** A model that is ready. */
export interface EngineInfo {
  /** The most tokens of a prompt and its completion. */
  readonly length: number;
  /** For people: which checkpoint, and which engine for what reason. */
  readonly notes: string;
}

/** To the model's process: `start` first and once. */
export type ToEngine =
  | { readonly kind: 'start'; readonly start: EngineStart }
  | { readonly kind: 'submit'; readonly id: number; readonly job: CompletionJob }
  | { readonly kind: 'cancel'; readonly id: number };

/** From the model's process. */
export type FromEngine =
  | { readonly kind: 'ready'; readonly info: EngineInfo }
  | { readonly kind: 'unable'; readonly message: string }
  | { readonly kind: 'taken'; readonly id: number; readonly event: JobEvent }
  /** A cancelled job is forgotten. */
  | { readonly kind: 'cancelled'; readonly id: number }
  | ({ readonly kind: 'round' } & EngineRound);

/** One round of the scheduler. */
export interface EngineRound {
  /** What happened to which job, in order. */
  readonly events: readonly (readonly [job: number, event: JobEvent])[];
  /** How many completions the decoder went on with. */
  readonly stepped: number;
  /** Completions that a sequence is open for now. */
  readonly running: number;
  /** How long the round took. */
  readonly seconds: number;
}
