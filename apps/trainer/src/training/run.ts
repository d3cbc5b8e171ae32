/** A run: its folder on disk and all that the loop works on, begun anew or gone on with. */
import { join, resolve } from 'node:path';
import type { DatasetProgress } from '@sparse-transformers/datasets';
import { type Engine, type EngineName, useEngine } from '@sparse-transformers/engines';
import { configToJSON, sparseTransformer } from '@sparse-transformers/models';
import {
  adafactor,
  adamW,
  latestCheckpoint,
  lockRun,
  lookInside,
  type Optimizer,
  type RunLock,
  weightAverage,
  writeCheckpoint,
} from '@sparse-transformers/training';
import type { RunConfig } from '../configuration/index.ts';
import { modelConfigOf } from '../configuration/index.ts';
import {
  type DataPlaces,
  dataNotes,
  evaluationBatches,
  knownNotes,
  openRunData,
  type RunData,
  reopenRunData,
  trainingBatches,
} from '../data/index.ts';
import { show, TrainerError } from '../messages/index.ts';
import {
  changedIdentity,
  checkStartFolder,
  decodeCheckpoint,
  diskError,
  encodeCheckpoint,
  encodeIdentity,
  identityFile,
  keptLines,
  type Learner,
  type RunFileSystem,
  type RunIdentity,
  readIdentity,
  runFileSystemIn,
  type SavedRun,
  type StartFolder,
  stepsFile,
  type TrainingState,
  takeStartFolder,
  validationsFile,
  writeWholeFile,
} from '../run-folder/index.ts';
import { changeNotes, engineNote, lostNotes, resumeNotes } from './run-notes.ts';

/** All that the loop works on. */
export interface Run extends Omit<RunIdentity, keyof DataPlaces>, Learner {
  /** The run's folder. */
  readonly folder: string;
  /** The engine at work. */
  readonly started: Engine;
  /** The open data. */
  readonly data: RunData;
  /** Where it stands. */
  readonly state: TrainingState;
  /** What the user should know: what was skipped, a lock that was taken over, another engine than before. */
  readonly notes: readonly string[];
  /** The disk. */
  readonly fileSystem: RunFileSystem;
  /** Gives back the lock and closes the data; weights stay. */
  close(): Promise<void>;
  /** The same after a failure; a run that was begun and has taken no step is removed, so that it can be begun again. */
  abandon(): Promise<void>;
}

/** What {@link startRun} needs. */
export interface StartRequest {
  /** The name of the configuration. */
  readonly name: string;
  /** The configuration. */
  readonly config: RunConfig;
  /** What to train on: files, folders or globs. */
  readonly data: readonly string[];
  /** What to validate on; a share of `data` if not given. */
  readonly valid?: readonly string[] | undefined;
  /** A new folder. */
  readonly folder: string;
  /** A whole number from 0 to 2⁵³ − 1. */
  readonly seed: number;
  /** An engine's name, or `auto`. */
  readonly engine: string;
  /** The most threads that one op may use; all cores if not given. */
  readonly threads?: number | undefined;
  /** Where tokens made of the data are kept; the system's folder for such files if not given. */
  readonly cache?: string | undefined;
  /** The disk; Node's own if not given. */
  readonly fileSystem?: RunFileSystem | undefined;
  /** Called now and then while the data is read. */
  readonly onProgress?: ((progress: DatasetProgress) => void) | undefined;
  /** Ends the reading of the data: the signal's reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link resumeRun} needs. */
export interface ResumeRequest {
  /** The run's folder. */
  readonly folder: string;
  /** Another place of the same data. */
  readonly data?: readonly string[] | undefined;
  /** Another place of the same data for validation. */
  readonly valid?: readonly string[] | undefined;
  /** Another engine than the run began with. */
  readonly engine?: string | undefined;
  /** The most threads that one op may use; all cores if not given. */
  readonly threads?: number | undefined;
  /** Fields to change from here on, by name: `training.steps`. Only those that no saved state depends on. */
  readonly settings?: ReadonlyMap<string, unknown> | undefined;
  /** Where tokens made of the data are kept; the system's folder for such files if not given. */
  readonly cache?: string | undefined;
  /** The disk; Node's own if not given. */
  readonly fileSystem?: RunFileSystem | undefined;
  /** Called now and then while the data is read. */
  readonly onProgress?: ((progress: DatasetProgress) => void) | undefined;
  /** Ends the reading of the data: the signal's reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** The parts of a run that need no folder: engine, data, model, optimiser. `--dry-run` stops here. */
export type Assembly = Pick<Run, 'started' | 'data' | 'config' | 'seed'> & Learner;

/**
 * Loads the engine, opens the data and builds the model.
 *
 * @throws the error of whichever can't; nothing stays open then
 */
export async function assemble({
  config,
  data: places,
  valid,
  seed,
  engine,
  threads,
  cache,
  onProgress,
  signal,
}: Omit<StartRequest, 'folder' | 'name'>): Promise<Assembly> {
  checkSeed(seed);
  modelConfigOf(config, 1); // Refused before a long read, not after it.
  const started = await startEngine(engine, threads);
  const options = { cache, onProgress, signal };
  const data = await openRunData({ data: places, valid: valid ?? null }, config.data, options);
  try {
    signal?.throwIfAborted();
    checkWindows(config, data, seed);
    return { config, seed, started, data, ...learnerOf(config, data, seed) };
  } catch (error) {
    await data.close();
    throw error;
  }
}

/**
 * Begins a run: makes its folder with `config.json` and the checkpoint of step 0.
 *
 * @throws TrainerError if the folder holds something already; if anything fails, nothing that it made is left behind
 */
export async function startRun(request: StartRequest): Promise<Run> {
  const { folder, name, seed, valid, fileSystem = runFileSystemIn(folder) } = request;
  checkStartFolder(folder);
  const assembly = await assemble(request);
  const { data, started, config } = assembly;
  const places = { data: absolute(request.data), valid: valid === undefined ? null : absolute(valid) };
  const identity = { name, seed, engine: started.name, config, changes: [] };
  const state = firstState(assembly);
  let start: StartFolder | null = null;
  try {
    const taken = takeStartFolder(folder);
    start = taken;
    await fileSystem.writeFile(join(folder, identityFile), encodeIdentity({ ...identity, ...places }));
    const notes = startNotes(name, assembly);
    const run = { ...assembly, ...identity, folder, state, fileSystem, notes };
    await saveCheckpoint(run, state);
    return {
      ...run,
      close: () => closeAll(data, taken.release),
      abandon: () => closeAll(data, hasSteps(folder) ? taken.release : taken.abandon),
    };
  } catch (error) {
    await closeAll(data, start?.abandon);
    throw error instanceof Error ? diskError(folder, error) : error;
  }
}

/** What is told before a run begins. */
export function startNotes(name: string, { started, data }: Assembly): string[] {
  return [engineNote(started, started.reason), ...knownNotes(name, data), ...dataNotes(data)];
}

/** A run that has not taken a step is nothing that anybody could miss. */
function hasSteps(folder: string): boolean {
  return (lookInside(folder, join(folder, stepsFile), 'file')?.size ?? 0) > 0;
}

/**
 * Goes on with a run from its newest checkpoint.
 *
 * @throws an error that names what is missing, damaged or changed; nothing in the folder is changed then
 */
export async function resumeRun(request: ResumeRequest): Promise<Run> {
  const { folder } = request;
  readIdentity(folder, '--resume');
  const lock = lockRunOf(folder);
  try {
    // Only now: who had the lock may have gone on until it was given back.
    return await resumeLocked(request, lock);
  } catch (error) {
    lock.release();
    throw error instanceof Error ? diskError(folder, error) : error;
  }
}

function lockRunOf(folder: string): RunLock {
  try {
    return lockRun(folder);
  } catch (error) {
    throw diskError(folder, error as Error);
  }
}

async function resumeLocked(request: ResumeRequest, { release, takenOver }: RunLock): Promise<Run> {
  const { folder, settings = new Map(), fileSystem = runFileSystemIn(folder) } = request;
  const before = readIdentity(folder, '--resume');
  const checkpoint = await latestCheckpoint(folder, { fileSystem });
  if (checkpoint === null) {
    throw new TrainerError(
      `--resume ${folder}: it has no checkpoint to go on from. Begin the run anew, in another folder if this one holds more than that.`,
    );
  }
  const saved = decodeCheckpoint(checkpoint);
  checkSame(folder, before.config, saved);
  checkSteps(settings.get('training.steps'), saved.state.step);
  const kept = keptLines(folder, saved.state);
  const identity = changedIdentity(before, settings, saved.state.step);
  const { config, seed } = identity;
  const started = await startEngine(request.engine ?? saved.state.engine, request.threads);
  const data = await reopenData(request, identity, saved);
  try {
    request.signal?.throwIfAborted();
    checkWindows(config, data, seed);
    const learner = learnerOf(config, data, seed);
    saved.load(learner);
    if (identity.changes.length > before.changes.length)
      await writeWholeFile(fileSystem, join(folder, identityFile), encodeIdentity(identity));
    const notes = [
      ...resumeNotes(saved.state, started, takenOver?.pid ?? null),
      ...dataNotes(data),
      ...changeNotes(identity, before.changes.length),
      ...lostNotes(folder, saved.state.step, kept),
    ];
    const state = { ...saved.state, engine: started.name, threads: started.threads };
    const parts = { started, data, ...learner, state, notes, fileSystem };
    const close = () => closeAll(data, release);
    return { ...identity, ...parts, folder, close, abandon: close };
  } catch (error) {
    await data.close();
    throw error;
  }
}

/**
 * Opens the data of a saved run, which must be what the run began with.
 *
 * @throws DatasetError that names the file
 */
export async function reopenData(
  request: Pick<ResumeRequest, 'data' | 'valid' | 'cache' | 'onProgress' | 'signal'>,
  identity: RunIdentity,
  { state, tokenizer }: Pick<SavedRun, 'state' | 'tokenizer'>,
): Promise<RunData> {
  const places = { data: request.data ?? identity.data, valid: request.valid ?? identity.valid };
  const { cache, onProgress, signal } = request;
  const options = { tokenizer, cache, onProgress, signal };
  return reopenRunData(places, identity.config.data, state.fingerprint, options);
}

/** Writes the checkpoint of a state; the run's newest ones stay, and the best. Gives what could not be removed, in words. */
export async function saveCheckpoint(
  run: Learner & Pick<Run, 'folder' | 'config' | 'data' | 'fileSystem'>,
  state: TrainingState,
): Promise<string[]> {
  const { folder, fileSystem, config, data } = run;
  // Lines of steps that the checkpoint holds must outlive a power cut as it does.
  for (const name of [stepsFile, validationsFile]) await fileSystem.syncFile(join(folder, name));
  const files = await encodeCheckpoint(run, data.tokenizer, state);
  const best = state.best?.step ?? null;
  const { notRemoved } = await writeCheckpoint(folder, state.step, files, {
    keep: config.checkpoints.keep,
    best,
    // While a run looks bad, it keeps what it can go back to.
    stay: state.sound === null ? [] : [state.sound.step],
    fileSystem,
  });
  return notRemoved.map(
    ({ folder: left, error }) =>
      `${left} could not be removed and takes space (${error instanceof Error ? error.message : show(error)}).`,
  );
}

/** Loads an engine. An unknown name is refused by useEngine, with the list of those that can run. */
export function startEngine(name: string, threads: number | undefined): Promise<Engine> {
  return useEngine(name as EngineName, threads === undefined ? {} : { threads });
}

function firstState({ data, started }: Assembly): TrainingState {
  return {
    step: 0,
    tokens: 0,
    skipped: 0,
    skippedInARow: 0,
    meanLoss: null,
    seconds: 0,
    cursor: null,
    fingerprint: data.fingerprint,
    best: null,
    sound: { step: 0, loss: null },
    pending: [],
    engine: started.name,
    threads: started.threads,
  };
}

async function closeAll(data: RunData, release: () => void = () => {}): Promise<void> {
  release();
  await data.close();
}

/** A new model with its optimiser and average. */
export function learnerOf(
  config: RunConfig,
  { tokenizer }: { readonly tokenizer: Pick<RunData['tokenizer'], 'size'> },
  seed: number,
): Learner {
  const { averageDecay } = config.training;
  return {
    model: sparseTransformer(modelConfigOf(config, tokenizer.size), { seed }),
    optimizer: optimizerOf(config),
    average: averageDecay === 0 ? null : weightAverage({ decay: averageDecay }),
  };
}

/** Adafactor takes the learning rate as AdamW does, so that configurations differ in one word. */
function optimizerOf({ training: { optimizer, beta1, beta2, weightDecay } }: RunConfig): Optimizer {
  return optimizer === 'adamw'
    ? adamW({ beta1, beta2, weightDecay })
    : adafactor({ beta1, weightDecay, relativeStep: false });
}

function absolute(paths: readonly string[]): string[] {
  return paths.map((path) => resolve(path));
}

/** Refuses data that is too short before anything is written. */
function checkWindows({ model, training, validation }: RunConfig, data: RunData, seed: number): void {
  trainingBatches(data.split('train'), model, { batch: training.batch, seed, cursor: null });
  const valid = data.split('valid');
  if (valid.tokens < 2) {
    throw new TrainerError(
      `${valid.path}: its validation split must have at least 2 tokens; got ${valid.tokens}. ` +
        'Take more data or a larger --data.validShare.',
    );
  }
  evaluationBatches(valid, model, validation);
}

function checkSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new TrainerError(`--seed must be a whole number from 0 to 2^53 - 1; got ${seed}.`);
}

/** Before the rest of the configuration is looked at, whose advice could not help. */
function checkSteps(steps: unknown, step: number): void {
  if (typeof steps !== 'number' || steps >= step) return;
  throw new TrainerError(
    `--training.steps must be at least the ${step} steps that the run has taken; got ${steps}.`,
  );
}

function checkSame(folder: string, config: RunConfig, { modelConfig, tokenizer }: SavedRun): void {
  const fromConfig = JSON.stringify(configToJSON(modelConfigOf(config, tokenizer.size)), sortedFields);
  if (fromConfig === JSON.stringify(configToJSON(modelConfig), sortedFields)) return;
  throw new TrainerError(
    `--resume ${folder}: config.json describes another model than the checkpoint holds. Put back the config.json that the run began with.`,
  );
}

function sortedFields(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
