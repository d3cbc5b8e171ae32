/** A run: its folder on disk and all that the loop works on, begun anew or gone on with. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openTextDataset, randomWindows, type TextDataset } from '@sparse-transformers/datasets';
import { type Engine, type EngineName, useEngine } from '@sparse-transformers/engines';
import { configToJSON, type SparseTransformer, sparseTransformer } from '@sparse-transformers/models';
import {
  type AdamW,
  adamW,
  type CheckpointFileSystem,
  latestCheckpoint,
  lockRun,
  nodeFileSystem,
  writeCheckpoint,
} from '@sparse-transformers/training';
import { z } from 'zod';
import {
  decodeCheckpoint,
  decodeJson,
  encodeCheckpoint,
  encodeJson,
  type SavedRun,
  type TrainingState,
  within,
} from './checkpoint-files.ts';
import { modelConfigOf } from './model-config.ts';
import type { RunConfig } from './run-config.ts';
import { parseRunConfig } from './run-config-schema.ts';
import { TrainerError } from './trainer-error.ts';

/** What identifies a run; `config.json` holds it. */
export interface RunIdentity {
  /** The name of its configuration. */
  readonly name: string;
  /** Weights, batches and dropout masks follow from it. */
  readonly seed: number;
  /** The text's file, an absolute path. */
  readonly data: string;
  /** The engine that it began with. */
  readonly engine: string;
  /** The full configuration. */
  readonly config: RunConfig;
}

/** All that the loop works on. */
export interface Run extends RunIdentity {
  /** The run's folder. */
  readonly folder: string;
  /** The engine at work. */
  readonly started: Engine;
  /** The open text. */
  readonly dataset: TextDataset;
  /** The model. */
  readonly model: SparseTransformer;
  /** Its optimiser. */
  readonly optimizer: AdamW;
  /** Where it stands. */
  readonly state: TrainingState;
  /** What the user should know: a lock that was taken over, another engine than before. */
  readonly notes: readonly string[];
  /** The disk that checkpoints go to. */
  readonly fileSystem: CheckpointFileSystem;
  /** Gives back the lock and closes the text; weights stay. */
  close(): Promise<void>;
}

/** What {@link startRun} needs. */
export interface StartRequest {
  /** The name of the configuration. */
  readonly name: string;
  /** The configuration. */
  readonly config: RunConfig;
  /** The text's file. */
  readonly data: string;
  /** A new folder. */
  readonly folder: string;
  /** A whole number from 0 to 2⁵³ − 1. */
  readonly seed: number;
  /** An engine's name, or `auto`. */
  readonly engine: string;
  /** The most threads that one op may use; all cores if not given. */
  readonly threads?: number | undefined;
  /** The disk that checkpoints go to; Node's own if not given. */
  readonly fileSystem?: CheckpointFileSystem;
}

/** What {@link resumeRun} needs. */
export interface ResumeRequest {
  /** The run's folder. */
  readonly folder: string;
  /** Another place of the same text. */
  readonly data?: string | undefined;
  /** Another engine than the run began with. */
  readonly engine?: string | undefined;
  /** The most threads that one op may use; all cores if not given. */
  readonly threads?: number | undefined;
  /** The disk that checkpoints go to; Node's own if not given. */
  readonly fileSystem?: CheckpointFileSystem;
}

/** The parts of a run that need no folder: engine, text, model, optimiser. `--dry-run` stops here. */
export type Assembly = Pick<Run, 'started' | 'dataset' | 'model' | 'optimizer' | 'config' | 'seed'>;

/**
 * Loads the engine, opens the text and builds the model.
 *
 * @throws the error of whichever can't; nothing stays open then
 */
export async function assemble({
  config,
  data,
  seed,
  engine,
  threads,
}: Omit<StartRequest, 'folder' | 'name'>): Promise<Assembly> {
  checkSeed(seed);
  modelConfigOf(config, 1); // Refused before a long read, not after it.
  const started = await startEngine(engine, threads);
  const dataset = await openDataset(data, config);
  try {
    checkWindows(config, dataset, seed);
    const model = sparseTransformer(modelConfigOf(config, dataset.tokenizer.size), { seed });
    return { config, seed, started, dataset, model, optimizer: optimizerOf(config) };
  } catch (error) {
    await dataset.close();
    throw error;
  }
}

/**
 * Begins a run: makes its folder with `config.json` and the checkpoint of step 0.
 *
 * @throws TrainerError if the folder holds something already; if anything fails, no folder is left behind
 */
export async function startRun(request: StartRequest): Promise<Run> {
  const { folder, name, seed, fileSystem = nodeFileSystem } = request;
  checkFolder(folder);
  const assembly = await assemble(request);
  const { dataset, started } = assembly;
  const data = resolve(request.data);
  const identity = { name, seed, data, engine: started.name, config: assembly.config };
  const state: TrainingState = {
    step: 0,
    tokens: 0,
    seconds: 0,
    cursor: null,
    fingerprint: dataset.fingerprint,
    best: null,
    engine: started.name,
    threads: started.threads,
  };
  const made = makeFolder(folder);
  let release = () => {};
  try {
    release = lockRun(folder).release;
    writeFileSync(
      join(folder, 'config.json'),
      encodeJson({ format: 'sparse-transformers/run', version: 1, ...identity }),
      { flag: 'wx' },
    );
    const run = {
      ...assembly,
      ...identity,
      folder,
      state,
      fileSystem,
      notes: [`Engine ${started.name}: ${started.description} (${started.reason}).`],
    };
    await saveCheckpoint(run, state);
    return { ...run, close: () => closeAll(dataset, release) };
  } catch (error) {
    await closeAll(dataset, release);
    if (made !== null) rmSync(made, { recursive: true, force: true });
    throw error instanceof Error ? diskError(folder, error) : error;
  }
}

/**
 * Goes on with a run from its newest checkpoint.
 *
 * @throws an error that names what is missing, damaged or changed; nothing in the folder is changed then
 */
export async function resumeRun(request: ResumeRequest): Promise<Run> {
  const { folder, fileSystem = nodeFileSystem } = request;
  const identity = readIdentity(folder);
  const { config, seed } = identity;
  const checkpoint = await latestCheckpoint(folder, { fileSystem });
  if (checkpoint === null) {
    throw new TrainerError(
      `--resume ${folder}: it has no checkpoint to go on from. Begin the run anew in another folder.`,
    );
  }
  const saved = decodeCheckpoint(checkpoint);
  checkSame(folder, config, saved);
  const data = request.data ?? identity.data;
  const started = await startEngine(request.engine ?? saved.state.engine, request.threads);
  const dataset = await openSameText(data, config, saved);
  let release = () => {};
  try {
    checkWindows(config, dataset, seed);
    const model = sparseTransformer(modelConfigOf(config, saved.tokenizer.size), { seed });
    const optimizer = optimizerOf(config);
    saved.load(model, optimizer);
    const lock = lockRun(folder);
    release = lock.release;
    const notes = resumeNotes(saved.state, started, lock.takenOver?.pid ?? null);
    const state = { ...saved.state, engine: started.name, threads: started.threads };
    const parts = { started, dataset, model, optimizer, state, notes, fileSystem };
    return { ...identity, ...parts, folder, close: () => closeAll(dataset, release) };
  } catch (error) {
    await closeAll(dataset, release);
    throw error;
  }
}

/** Writes the checkpoint of a state; the run's newest ones stay. */
export async function saveCheckpoint(
  run: Pick<Run, 'folder' | 'config' | 'model' | 'optimizer' | 'dataset' | 'fileSystem'>,
  state: TrainingState,
): Promise<void> {
  const files = await encodeCheckpoint({ ...run, tokenizer: run.dataset.tokenizer }, state);
  const { keep } = run.config.checkpoints;
  await writeCheckpoint(run.folder, state.step, files, { keep, fileSystem: run.fileSystem });
}

/** Adds what to do to the system's error about a disk. */
export function diskError(folder: string, error: Error): Error {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TrainerError(
      `${folder}: the disk is full (${error.message}). Free some space and try again.`,
      { cause: error },
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST') {
    return new TrainerError(`${folder}: it can't be written (${error.message}). Choose another folder.`, {
      cause: error,
    });
  }
  return error;
}

async function closeAll(dataset: TextDataset, release: () => void): Promise<void> {
  release();
  await dataset.close();
}

function splitOf({ data }: RunConfig): Record<string, number> {
  return { train: 1 - data.validShare, valid: data.validShare };
}

function optimizerOf({ training: { beta1, beta2, weightDecay } }: RunConfig): AdamW {
  return adamW({ beta1, beta2, weightDecay });
}

/** Refuses a text that is too short before anything is written. */
function checkWindows({ model, training }: RunConfig, dataset: TextDataset, seed: number): void {
  randomWindows(dataset.split('train'), { length: model.length, batch: training.batch, seed });
  const valid = dataset.split('valid');
  if (valid.tokens < 2) {
    throw new TrainerError(
      `${dataset.path}: its validation split must have at least 2 tokens; got ${valid.tokens}. ` +
        'Take a longer text or a larger --data.validShare.',
    );
  }
}

function checkSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new TrainerError(`--seed must be a whole number from 0 to 2^53 - 1; got ${seed}.`);
}

/** An unknown name is refused by useEngine, with the list of those that can run. */
function startEngine(name: string, threads: number | undefined): Promise<Engine> {
  return useEngine(name as EngineName, threads === undefined ? {} : { threads });
}

function checkFolder(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) {
    throw new TrainerError(`--out ${folder}: a file of this name is in the way. Choose another folder.`);
  }
  if (existsSync(join(folder, 'config.json'))) {
    throw new TrainerError(
      `--out ${folder}: a run is there already. Go on with it by --resume ${folder}, or choose another folder.`,
    );
  }
  if (readdirSync(folder).length > 0) {
    throw new TrainerError(`--out ${folder}: the folder must be new or empty. Choose another folder.`);
  }
}

/** Makes the folder and those above; gives the topmost one that was new. */
function makeFolder(folder: string): string | null {
  try {
    return mkdirSync(folder, { recursive: true }) ?? null;
  } catch (error) {
    throw diskError(`--out ${folder}`, error as Error);
  }
}

const identitySchema = z.strictObject({
  format: z.literal('sparse-transformers/run'),
  version: z.literal(1),
  name: z.string(),
  seed: z.int().min(0),
  data: z.string(),
  engine: z.string(),
  config: z.unknown(),
});

function readIdentity(folder: string): RunIdentity {
  const path = join(folder, 'config.json');
  if (!existsSync(path)) {
    throw new TrainerError(
      `--resume ${folder}: there is no run (no ${path}). Expected a folder that --out made.`,
    );
  }
  const { config, name, seed, data, engine } = within(path, () =>
    identitySchema.parse(decodeJson(readFileSync(path))),
  );
  return { name, seed, data, engine, config: parseRunConfig(path, config) };
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

function openDataset(data: string, config: RunConfig): Promise<TextDataset> {
  if (config.data.kind !== 'text')
    throw new TrainerError(`data.kind: ${config.data.kind} can't be read yet.`);
  return openTextDataset(data, { tokenizer: config.data.tokenizer, split: splitOf(config) });
}

/** The checksum first: a changed text might also have other characters, which would be a puzzling thing to be told. */
async function openSameText(
  data: string,
  config: RunConfig,
  { state, tokenizer }: SavedRun,
): Promise<TextDataset> {
  const asBytes = await openTextDataset(data, { tokenizer: 'bytes' });
  try {
    asBytes.verify(state.fingerprint);
  } finally {
    await asBytes.close();
  }
  if (tokenizer.kind === 'pixels' || tokenizer.kind === 'mu-law') return openDataset(data, config);
  return openTextDataset(data, { tokenizer, split: splitOf(config) });
}

function resumeNotes(state: TrainingState, started: Engine, takenOverFrom: number | null): string[] {
  const reason = started.name === state.engine ? 'that of the run' : started.reason;
  const notes = [`Engine ${started.name}: ${started.description} (${reason}).`];
  // Only TensorFlow's sums depend on the number of threads.
  const sameBits =
    started.name === state.engine && (started.threads === state.threads || started.name !== 'tensorflow');
  if (!sameBits) {
    notes.push(
      `The run was on ${state.engine} with ${state.threads} threads so far: from here on its bits differ from an uninterrupted run's.`,
    );
  }
  if (takenOverFrom !== null) notes.push(`Took over the lock of process ${takenOverFrom}, which is gone.`);
  return notes;
}
