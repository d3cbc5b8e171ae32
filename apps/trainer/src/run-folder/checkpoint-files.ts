/** The files of a checkpoint: what they hold is written down in docs/checkpoints.md. */
import {
  configFromJSON,
  configToJSON,
  decodeSafetensors,
  encodeSafetensors,
  loadWeights,
  type SparseTransformer,
  type SparseTransformerConfig,
  saveWeights,
  sparseTransformer,
} from '@sparse-transformers/models';
import { type AnyTokenizer, tokenizerFromJSON } from '@sparse-transformers/tokenizers';
import type { Checkpoint, Optimizer, WeightAverage } from '@sparse-transformers/training';
import { z } from 'zod';
import { DivergedError, TrainerError } from '../messages/index.ts';

const count = z.int().min(0);

/** Format and version are looked at and taken off. */
const stateSchema = z.strictObject({
  format: z.literal('sparse-transformers/training-state'),
  version: z.literal(2),
  step: count,
  tokens: count,
  skipped: count,
  skippedInARow: count,
  meanLoss: z.number().nullable(),
  seconds: z.number().min(0),
  cursor: z.unknown(),
  fingerprint: z.unknown(),
  best: z.strictObject({ step: count, loss: z.number() }).nullable(),
  sound: z.strictObject({ step: count, loss: z.number().nullable() }).nullable().default(null),
  pending: z.array(z.enum(['validation', 'samples'])).default([]),
  engine: z.string(),
  threads: count,
});

/** The best validation of a run so far. */
export interface BestValidation {
  /** Steps taken then. */
  readonly step: number;
  /** Mean loss in nats a token. */
  readonly loss: number;
}

/** A checkpoint whose weights were looked at. */
export interface SoundCheckpoint {
  /** Its steps. */
  readonly step: number;
  /** The running mean of the loss then, which later losses are held against; null before the first step. */
  readonly loss: number | null;
}

/** Where a run stands, apart from its tensors; `state.json` holds it. */
export interface TrainingState {
  /** Steps taken. */
  readonly step: number;
  /** Tokens trained on. */
  readonly tokens: number;
  /** Steps skipped because a loss or gradient was not finite or too large. */
  readonly skipped: number;
  /** How many of them the newest ones are, with none taken in between. */
  readonly skippedInARow: number;
  /** The running mean of the loss that `training.lossLimit` is held against; null before the first step. */
  readonly meanLoss: number | null;
  /** Seconds spent in steps. */
  readonly seconds: number;
  /** The place in the data; null at the beginning. */
  readonly cursor: unknown;
  /** What tells the data from other data. */
  readonly fingerprint: unknown;
  /** The best validation so far; null before the first. */
  readonly best: BestValidation | null;
  /** The newest checkpoint whose weights were looked at and found sound; this one, if it is. */
  readonly sound: SoundCheckpoint | null;
  /** What is still to come of this step, since a signal ended the run before. */
  readonly pending: readonly ('validation' | 'samples')[];
  /** The engine of the last steps. */
  readonly engine: string;
  /** Its threads. */
  readonly threads: number;
}

/** What learns in a run. */
export interface Learner {
  /** The model. */
  readonly model: SparseTransformer;
  /** Its optimiser. */
  readonly optimizer: Optimizer;
  /** The running average of its weights, if the run keeps one. */
  readonly average: WeightAverage | null;
}

/** What a checkpoint says, read but not yet loaded. */
export interface SavedRun {
  readonly state: TrainingState;
  readonly modelConfig: SparseTransformerConfig;
  readonly tokenizer: AnyTokenizer;
  /** Sets weights, optimiser and average to the saved ones. */
  load(learner: Learner): void;
}

const averageFile = 'average.safetensors';

/**
 * The files of a checkpoint by name.
 *
 * @throws DivergedError that names a tensor with numbers that are not finite: nobody could go on from it
 */
export async function encodeCheckpoint(
  { model, optimizer, average }: Learner,
  tokenizer: AnyTokenizer,
  state: TrainingState,
): Promise<Map<string, Uint8Array>> {
  const tensors = new Map([
    ['weights.safetensors', await saveWeights(model)],
    ['optimizer.safetensors', encodeSafetensors(await optimizer.state())],
    ...(average === null ? [] : [[averageFile, encodeSafetensors(await average.state())] as const]),
  ]);
  for (const [name, bytes] of tensors) checkFinite(name, bytes, state);
  return new Map([
    ['model.json', encodeJson(configToJSON(model.config))],
    ['tokenizer.json', encodeJson(tokenizer.toJSON())],
    ...tensors,
    ['state.json', encodeJson({ format: 'sparse-transformers/training-state', version: 2, ...state })],
  ]);
}

function checkFinite(file: string, bytes: Uint8Array, { step, sound }: TrainingState): void {
  for (const [name, { values }] of decodeSafetensors(bytes).tensors) {
    const place = values.findIndex((value) => !Number.isFinite(value));
    if (place < 0) continue;
    const back =
      sound === null ? 'an older checkpoint' : `the checkpoint of step ${sound.step}, which is sound`;
    throw new DivergedError(
      `step ${step}: tensor ${JSON.stringify(name)} of ${file} holds ${values[place]}, so the run ends here and this state is not saved. ` +
        `Go on from ${back}, by --resume with a smaller --training.peakLearningRate.`,
    );
  }
}

/**
 * Reads the files of a checkpoint, which may come from anywhere.
 *
 * @throws an error that names the file, and the field or tensor in it
 */
export function decodeCheckpoint({ folder, files, step }: Checkpoint): SavedRun {
  const file = (name: string) => fileOf(folder, files, name);
  const read = <T>(name: string, decode: (value: unknown) => T): T =>
    within(`${folder}/${name}`, () => decode(decodeJson(file(name))));
  const { format: _, version: __, ...state } = read('state.json', (value) => stateSchema.parse(value));
  if (state.step !== step) {
    throw new TrainerError(
      `${folder}/state.json: step must be ${step}, that of its folder; got ${state.step}.`,
    );
  }
  return {
    state,
    modelConfig: read('model.json', configFromJSON),
    tokenizer: read('tokenizer.json', tokenizerFromJSON),
    load({ model, optimizer, average }) {
      within(`${folder}/weights.safetensors`, () => loadWeights(model, file('weights.safetensors')));
      const tensorsOf = (name: string) => decodeSafetensors(file(name)).tensors;
      within(`${folder}/optimizer.safetensors`, () =>
        optimizer.restore(tensorsOf('optimizer.safetensors'), model.parameters),
      );
      if (average === null) return;
      within(`${folder}/${averageFile}`, () => average.restore(tensorsOf(averageFile), model.parameters));
    },
  };
}

/**
 * A model with the weights of a checkpoint, averaged ones if it has them, for evaluation and export.
 *
 * @throws an error that names the file
 */
export function modelOf({ folder, files }: Checkpoint): {
  model: SparseTransformer;
  tokenizer: AnyTokenizer;
  isAveraged: boolean;
} {
  const file = (name: string) => fileOf(folder, files, name);
  const read = <T>(name: string, decode: (value: unknown) => T): T =>
    within(`${folder}/${name}`, () => decode(decodeJson(file(name))));
  const model = sparseTransformer(read('model.json', configFromJSON), { seed: 0 });
  within(`${folder}/weights.safetensors`, () => loadWeights(model, file('weights.safetensors')));
  const isAveraged =
    files.has(averageFile) && within(`${folder}/${averageFile}`, () => loadAverage(model, file(averageFile)));
  return { model, tokenizer: read('tokenizer.json', tokenizerFromJSON), isAveraged };
}

/** Puts saved averages in place of the weights; false if none were taken yet. */
function loadAverage(model: SparseTransformer, bytes: Uint8Array): boolean {
  const { tensors } = decodeSafetensors(bytes);
  if (tensors.get('updates')?.values[0] === 0) return false;
  const prefix = 'average.';
  const averages = [...tensors].filter(([name]) => name.startsWith(prefix));
  loadWeights(
    model,
    encodeSafetensors(new Map(averages.map(([name, value]) => [name.slice(prefix.length), value]))),
  );
  return true;
}

function fileOf(folder: string, files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes !== undefined) return bytes;
  throw new TrainerError(
    `checkpoint ${folder}: ${name} is missing; this is no checkpoint of a training run. ` +
      'Remove the folder to go on from the checkpoint before.',
  );
}

/** Runs a reader; its errors get the name of the file. */
export function within<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const what =
      error instanceof z.ZodError
        ? error.issues.map(({ path: field, message }) => `${field.join('.')}: ${message}`).join('; ')
        : (error as Error).message;
    throw new TrainerError(`${path}: ${what}`, { cause: error });
  }
}

/** UTF-8 of JSON, indented, with a line break at the end. */
export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

/** The value of a JSON file. */
export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}
