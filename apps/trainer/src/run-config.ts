/** What a run is, as plain data: the schema that config files, the command line and `config.json` are held to. */
import { ConfigError, checkConfig, type SparseTransformerConfig } from '@sparse-transformers/models';
import { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import { type PatternSetting, patternOf, patternSchema } from './pattern-setting.ts';
import { TrainerError } from './trainer-error.ts';

/** The text and how it becomes tokens. */
export interface DataConfig {
  /** A token a byte, or one a character of the alphabet that the text has. */
  readonly tokenizer: 'bytes' | 'characters';
  /** Share of the text, at its end, that is for validation. */
  readonly validShare: number;
}

/** The model; the words are those of `SparseTransformerConfig`. */
export interface ModelConfig {
  /** Tokens that the model sees, n; also the length of a training window. */
  readonly length: number;
  /** Residual blocks. */
  readonly layers: number;
  /** Width of the residual stream. */
  readonly width: number;
  /** Attention heads. */
  readonly heads: number;
  /** Width of the feed-forward part, in widths of the stream. */
  readonly feedForwardFactor: number;
  /** One pattern a layer, over and over. */
  readonly patterns: readonly PatternSetting[];
  /** Width of the matrix that the position embeddings see. */
  readonly positionStride: number;
  /** Chance of a cell to become 0 in training. */
  readonly dropout: number;
  /** How the paper's initialisation is read. */
  readonly weightScale: 'deviation' | 'variance';
}

/** The optimiser and its schedule. */
export interface TrainingConfig {
  /** Windows in a batch. */
  readonly batch: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** The highest learning rate. */
  readonly peakLearningRate: number;
  /** The learning rate at the end of the cosine. */
  readonly finalLearningRate: number;
  /** Steps of linear warm-up. */
  readonly warmupSteps: number;
  /** AdamW's decay of matrices. */
  readonly weightDecay: number;
  /** AdamW's β₁. */
  readonly beta1: number;
  /** AdamW's β₂. */
  readonly beta2: number;
  /** The largest norm of all gradients together. */
  readonly clipNorm: number;
}

/** When the validation split is looked at, and how much of it. */
export interface ValidationConfig {
  /** Steps between validations; there is always one after the last step. */
  readonly every: number;
  /** Windows in a batch. */
  readonly batch: number;
  /** The most windows, from the beginning of the split. */
  readonly windows: number;
}

/** When checkpoints are written, and how many stay. */
export interface CheckpointConfig {
  /** Steps between checkpoints; there is always one after the last step. */
  readonly every: number;
  /** How many of the newest stay. */
  readonly keep: number;
}

/** The whole configuration of a run. */
export interface RunConfig {
  /** The text. */
  readonly data: DataConfig;
  /** The model. */
  readonly model: ModelConfig;
  /** The optimiser. */
  readonly training: TrainingConfig;
  /** Validation. */
  readonly validation: ValidationConfig;
  /** Checkpoints. */
  readonly checkpoints: CheckpointConfig;
}

/** Every failed check of a field says the same: what was expected. */
function whole(from: number, to: number) {
  const expected = `a whole number from ${from} to ${to}`;
  return z.int(expected).min(from, expected).max(to, expected);
}

function share(expected: string, isInRange: (value: number) => boolean) {
  return z.number(expected).refine(isInRange, expected);
}

const positive = share('a number above 0', (value) => value > 0);
const notNegative = share('a number from 0 up', (value) => value >= 0);
const belowOne = share('a number from 0 to below 1', (value) => value >= 0 && value < 1);

/** Strict everywhere: a field that nothing reads is a mistake. */
const runConfigSchema = z.strictObject({
  data: z.strictObject({
    tokenizer: z.enum(['bytes', 'characters'], '"bytes" or "characters"'),
    validShare: share('a number above 0 and below 1', (value) => value > 0 && value < 1),
  }),
  model: z.strictObject({
    length: whole(1, 2 ** 24),
    layers: whole(1, 4096),
    width: whole(1, 2 ** 20),
    heads: whole(1, 65_536),
    feedForwardFactor: whole(1, 64),
    patterns: z
      .array(patternSchema, 'an array of patterns such as [{"kind":"fixed","block":64,"summary":16}]')
      .min(1, 'at least one pattern'),
    positionStride: whole(1, 2 ** 24),
    dropout: belowOne,
    weightScale: z.enum(['deviation', 'variance'], '"deviation" or "variance"'),
  }),
  training: z.strictObject({
    batch: whole(1, 2 ** 20),
    steps: whole(1, 999_999_999),
    peakLearningRate: positive,
    finalLearningRate: notNegative,
    warmupSteps: whole(0, 999_999_999),
    weightDecay: notNegative,
    beta1: belowOne,
    beta2: belowOne,
    clipNorm: positive,
  }),
  validation: z.strictObject({
    every: whole(1, 999_999_999),
    batch: whole(1, 2 ** 20),
    windows: whole(1, 2 ** 40),
  }),
  checkpoints: z.strictObject({ every: whole(1, 999_999_999), keep: whole(1, 1000) }),
}) satisfies z.ZodType<RunConfig>;

/** The names of all fields, as the command line writes them: `model.layers`. */
export const fieldNames: readonly string[] = Object.entries(runConfigSchema.shape).flatMap(
  ([section, { shape }]) => Object.keys(shape).map((field) => `${section}.${field}`),
);

/**
 * Checks a configuration that may come from anywhere.
 *
 * @param where names it in messages
 * @throws TrainerError, naming the first field at fault, what was expected and what came
 */
export function parseRunConfig(where: string, value: unknown): RunConfig {
  const parsed = runConfigSchema.safeParse(value);
  if (!parsed.success) throw new TrainerError(`${where}: ${faultOf(parsed.error.issues[0]!, value)}`);
  const { training } = parsed.data;
  if (training.warmupSteps > training.steps) {
    throw new TrainerError(
      `${where}: training.warmupSteps must be at most training.steps (${training.steps}); got ${training.warmupSteps}. ` +
        'Pass a smaller --training.warmupSteps.',
    );
  }
  if (training.finalLearningRate > training.peakLearningRate) {
    throw new TrainerError(
      `${where}: training.finalLearningRate must be at most training.peakLearningRate (${training.peakLearningRate}); ` +
        `got ${training.finalLearningRate}. Pass a smaller --training.finalLearningRate.`,
    );
  }
  return parsed.data;
}

function faultOf(issue: z.core.$ZodIssue, value: unknown): string {
  const field = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return unknownField(field, issue.keys[0] ?? '');
  return `${field === '' ? 'it' : field} must be ${issue.message}; got ${show(valueAt(value, issue.path))}.`;
}

function unknownField(section: string, key: string): string {
  const name = section === '' ? key : `${section}.${key}`;
  const near = nearestName(name, fieldNames);
  if (section.startsWith('model.patterns'))
    return `${section}: such a pattern has no ${show(key)}; leave it out`;
  const wayOut = near === null ? '--help lists all fields' : `did you mean ${near}?`;
  return `there is no field ${show(name)}; ${wayOut}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    found = new Map<PropertyKey, unknown>(Object.entries(Object(found))).get(String(key));
  }
  return found;
}

/** A value as a message shows it. */
export function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/**
 * The model of a configuration, for a vocabulary.
 *
 * @throws TrainerError that names the field
 */
export function modelConfigOf({ model }: RunConfig, vocabulary: number): SparseTransformerConfig {
  const { feedForwardFactor, patterns, ...rest } = model;
  const feedForwardWidth = feedForwardFactor * model.width;
  try {
    return checkConfig({ ...rest, vocabulary, feedForwardWidth, patterns: patterns.map(patternOf) });
  } catch (error) {
    const where = error instanceof ConfigError ? 'model' : 'model.patterns';
    throw new TrainerError(
      `${where}: ${(error as Error).message} Set the field by --model.FIELD, --model.patterns for example.`,
      { cause: error },
    );
  }
}
