/** What a run is, as plain data. */
import { z } from 'zod';
import { dataKindNames, dataSchema, mostRows } from '../data-kinds/index.ts';
import { belowOne, choice, field, flag, notNegative, number, positive, whole } from '../fields/index.ts';
import { type LayerSetting, layerSchema } from './pattern-setting.ts';

const mostSteps = 999_999_999;

const positionKinds = '"attention" or "image"';

/** Each kind of data, and of positions: unions by `kind`, whose fields differ. */
export const unions = {
  data: dataSchema,
  'model.positions': z.discriminatedUnion(
    'kind',
    [
      z.strictObject({
        kind: z.literal('attention'),
        stride: whole(
          "Width of a matrix of positions: the pattern's stride or block. For text and audio.",
          1,
          2 ** 24,
        ).given,
      }),
      z.strictObject({
        kind: z.literal('image'),
        rows: whole('Rows of pixels.', 1, mostRows).given,
        columns: whole('Columns of pixels.', 1, mostRows).given,
        channels: whole('Numbers of a pixel.', 1, 16).given,
      }),
    ],
    positionKinds,
  ),
} as const;

/** The choices of each `kind`, in words. */
export const kindWords: Readonly<Record<string, { readonly meaning: string; readonly expected: string }>> = {
  'data.kind': { meaning: 'What the files hold.', expected: dataKindNames },
  'model.positions.kind': {
    meaning:
      "How positions are embedded: row and column of a matrix, or those of a pixel and its channel (the paper's section 5.3).",
    expected: positionKinds,
  },
};

const layers = 'an array of patterns such as [{"kind":"fixed","block":64,"summary":16}]';

const model = z.strictObject({
  length: whole(
    'Tokens that the model sees, n; also the length of a training window. An image has rows · columns · channels.',
    1,
    2 ** 24,
  ).given,
  layers: whole('Residual blocks.', 1, 4096).given,
  width: whole('Width of the residual stream.', 1, 2 ** 20).given,
  heads: whole('Attention heads.', 1, 65_536).given,
  queryKeyFactor: choice(
    "Width of queries and keys, in widths of the stream: 1, or the paper's half size.",
    [1, 0.5],
  ).or(1),
  feedForwardFactor: whole(
    "Width of the feed-forward part, in widths of the stream: 4, or the paper's half size 2.",
    1,
    64,
  ).or(4),
  patterns: field(
    'One pattern a layer, over and over; an entry may stand for several layers.',
    layers,
    z.array(layerSchema, layers).min(1, 'at least one pattern'),
  ).given,
  positions: unions['model.positions'],
  start: choice(
    'What stands before the first token: nothing, or a learned vector, so that the first token is predicted too; images need it.',
    ['none', 'learned'],
  ).or('none'),
  dropout: belowOne('Chance of a cell to become 0 in training.').or(0),
  weightScale: choice("How the paper's initialisation is read.", ['deviation', 'variance', 'released']).or(
    'deviation',
  ),
});

const training = z.strictObject({
  batch: whole('Windows, or images, of a step.', 1, 2 ** 20).given,
  accumulate: whole(
    'In how many parts a batch is worked off, gradients added up: less memory, the same step but for rounding. Divides the batch.',
    1,
    2 ** 20,
  ).or(1),
  steps: whole('Steps of the whole run.', 1, mostSteps).given,
  optimizer: choice('What takes the steps.', ['adamw', 'adafactor']).or('adamw'),
  peakLearningRate: positive('The highest learning rate.').given,
  finalLearningRate: notNegative('The learning rate at the end of the cosine.').or(0),
  warmupSteps: whole('Steps of linear warm-up.', 0, mostSteps).or(0),
  weightDecay: notNegative('Decay of matrices.').or(0.01),
  beta1: belowOne("AdamW's β₁; Adafactor's too, where 0 keeps no first moment.").or(0.9),
  beta2: belowOne("AdamW's β₂; Adafactor has a schedule of its own.").or(0.999),
  clipNorm: positive('The largest norm of all gradients together.').or(1),
  averageDecay: belowOne(
    'Decay of the running average of the weights that validation, samples and exports use; 0 keeps none.',
  ).or(0),
  recompute: flag(
    'Whether blocks are computed again in the backward pass: less memory, the same bits, about a third more time.',
  ).or(false),
  notFinite: choice(
    'What happens at a loss or gradient that is not finite, or beyond `lossLimit`: the run ends, or the step is left out and counted.',
    ['stop', 'skip'],
  ).or('stop'),
  lossLimit: number(
    'A loss above so many times its running mean counts as exploded; 0 for no limit.',
    '0, or a number above 1',
    (value) => value === 0 || value > 1,
  ).or(10),
  overfitBatch: flag('For debugging: every step sees the first batch, whose loss must go to nearly 0.').or(
    false,
  ),
});

const validation = z.strictObject({
  every: whole('Steps between validations; there is always one after the last step.', 1, mostSteps).or(1000),
  batch: whole('Windows, or images, in a batch.', 1, 2 ** 20).or(8),
  windows: whole('The most windows, or images, from the beginning of the split.', 1, 2 ** 40).or(1000),
  minimumContext: whole(
    "Tokens that each prediction sees before it at least, but at the beginning of the split (the paper's Table 3); 0 for images.",
    0,
    2 ** 24,
  ).or(0),
});

const samples = z.strictObject({
  every: whole('Steps between samples; 0 for none.', 0, mostSteps).or(1000),
  count: whole('Samples at once.', 1, 1024).or(2),
  tokens: whole('Tokens of each; an image is always whole.', 1, 2 ** 24).or(200),
  temperature: positive('Logits are divided by it: below 1 likelier tokens gain.').or(1),
});

const checkpoints = z.strictObject({
  every: whole('Steps between checkpoints; there is always one after the last step.', 1, mostSteps).or(500),
  keep: whole('How many of the newest stay, besides the best by validation.', 1, 1000).or(2),
});

/** Strict everywhere: a field that nothing reads is a mistake. */
export const runConfigSchema = z.strictObject({
  data: unions.data,
  model,
  training,
  validation: validation.prefault({}),
  samples: samples.prefault({}),
  checkpoints: checkpoints.prefault({}),
});

/** What each section is about. */
export const sectionWords: Readonly<Record<keyof typeof runConfigSchema.shape, string>> = {
  data: 'Where the tokens come from',
  model: 'The model',
  training: 'The optimiser and its schedule',
  validation: 'When the validation split is looked at, and how much of it',
  samples: 'What is drawn from the model while it learns',
  checkpoints: 'When checkpoints are written, and how many stay',
};

/** The same, and nothing of it changes. Layers are so already, and keep their name. */
type Fixed<T> = T extends readonly (infer Element)[]
  ? [Element] extends [LayerSetting]
    ? readonly LayerSetting[]
    : readonly Fixed<Element>[]
  : T extends object
    ? { readonly [Key in keyof T]: Fixed<T[Key]> }
    : T;

type Whole = Fixed<z.output<typeof runConfigSchema>>;

// Interfaces, so that messages of the compiler and the reference call them by their names.

/** The whole configuration of a run. Its fields, and those of its sections, stand in docs/configuration.md. */
export interface RunConfig extends Whole {}

type OfModel = Whole['model'];

/** The model; the words are those of `SparseTransformerConfig`. */
export interface ModelConfig extends OfModel {}

type OfTraining = Whole['training'];

/** The optimiser and its schedule. */
export interface TrainingConfig extends OfTraining {}

type OfValidation = Whole['validation'];

/** When the validation split is looked at, and how much of it. */
export interface ValidationConfig extends OfValidation {}

type OfSamples = Whole['samples'];

/** What is drawn from the model while it learns. */
export interface SamplesConfig extends OfSamples {}

type OfCheckpoints = Whole['checkpoints'];

/** When checkpoints are written, and how many stay. */
export interface CheckpointConfig extends OfCheckpoints {}
