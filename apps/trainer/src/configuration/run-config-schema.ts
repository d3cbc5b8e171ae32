/** The schema of a run's configuration, the names of its fields, and messages for what does not fit. */
import { z } from 'zod';
import { nearestName, show, TrainerError } from '../messages/index.ts';
import { layerSchema } from './pattern-setting.ts';
import type { RunConfig } from './run-config.ts';

/** Every failed check of a field says the same: what was expected. */
function whole(from: number, to: number) {
  const expected = `a whole number from ${from} to ${to}`;
  return z.int(expected).min(from, expected).max(to, expected);
}

function number(expected: string, isInRange: (value: number) => boolean) {
  return z.number(expected).refine(isInRange, expected);
}

const positive = number('a number above 0', (value) => value > 0);
const notNegative = number('a number from 0 up', (value) => value >= 0);
const belowOne = number('a number from 0 to below 1', (value) => value >= 0 && value < 1);
const flag = z.boolean('true or false');
const steps = whole(1, 999_999_999);
const batch = whole(1, 2 ** 20);

const sharedData = {
  validShare: belowOne,
  testShare: belowOne,
  onBadInput: z.enum(['refuse', 'skip'], '"refuse" or "skip"'),
};

const rows = whole(1, 2 ** 14);
const splitSeed = whole(0, Number.MAX_SAFE_INTEGER);

const data = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('text'),
      tokenizer: z.enum(['bytes', 'characters'], '"bytes" or "characters"'),
      field: z.string('the name of a field').min(1, 'the name of a field'),
      newlines: z.enum(['keep', 'unix'], '"keep" or "unix"'),
      anyBytes: flag,
      ...sharedData,
    }),
    z.strictObject({
      kind: z.literal('images'),
      rows,
      columns: rows,
      channels: z.literal([1, 3], '1 or 3'),
      labelBytes: whole(0, 2 ** 16),
      splitSeed,
      ...sharedData,
    }),
    z.strictObject({ kind: z.literal('audio'), sampleRate: whole(1000, 192_000), splitSeed, ...sharedData }),
  ],
  '"text", "images" or "audio"',
);

const positions = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('attention'), stride: whole(1, 2 ** 24) }),
    z.strictObject({ kind: z.literal('image'), rows, columns: rows, channels: whole(1, 16) }),
  ],
  '"attention" or "image"',
);

/** Strict everywhere: a field that nothing reads is a mistake. */
const runConfigSchema = z.strictObject({
  data,
  model: z.strictObject({
    length: whole(1, 2 ** 24),
    layers: whole(1, 4096),
    width: whole(1, 2 ** 20),
    heads: whole(1, 65_536),
    queryKeyFactor: z.literal([1, 0.5], '1 or 0.5'),
    feedForwardFactor: whole(1, 64),
    patterns: z
      .array(layerSchema, 'an array of patterns such as [{"kind":"fixed","block":64,"summary":16}]')
      .min(1, 'at least one pattern'),
    positions,
    start: z.enum(['none', 'learned'], '"none" or "learned"'),
    dropout: belowOne,
    weightScale: z.enum(['deviation', 'variance', 'released'], '"deviation", "variance" or "released"'),
  }),
  training: z.strictObject({
    batch,
    accumulate: batch,
    steps,
    optimizer: z.enum(['adamw', 'adafactor'], '"adamw" or "adafactor"'),
    peakLearningRate: positive,
    finalLearningRate: notNegative,
    warmupSteps: whole(0, 999_999_999),
    weightDecay: notNegative,
    beta1: belowOne,
    beta2: belowOne,
    clipNorm: positive,
    averageDecay: belowOne,
    recompute: flag,
    notFinite: z.enum(['stop', 'skip'], '"stop" or "skip"'),
    lossLimit: number('0, or a number above 1', (value) => value === 0 || value > 1),
    overfitBatch: flag,
  }),
  validation: z.strictObject({
    every: steps,
    batch,
    windows: whole(1, 2 ** 40),
    minimumContext: whole(0, 2 ** 24),
  }),
  samples: z.strictObject({
    every: whole(0, 999_999_999),
    count: whole(1, 1024),
    tokens: whole(1, 2 ** 24),
    temperature: positive,
  }),
  checkpoints: z.strictObject({ every: steps, keep: whole(1, 1000) }),
}) satisfies z.ZodType<RunConfig>;

/** The names of all fields, as the command line writes them: `model.layers`, `model.positions` and `model.positions.stride`. */
export const fieldNames: readonly string[] = Object.entries(runConfigSchema.shape).flatMap(
  ([section, schema]) => namesWithin(section, schema),
);

function namesWithin(path: string, schema: z.core.$ZodType): string[] {
  const shapes = shapesOf(schema);
  const names = shapes.flatMap((shape) =>
    Object.entries(shape).flatMap(([field, inner]) => {
      const name = `${path}.${field}`;
      return shapesOf(inner).length === 0 ? [name] : [name, ...namesWithin(name, inner)];
    }),
  );
  return [...new Set(names)];
}

/** The fields of an object, of each object of a union, or none. */
function shapesOf(schema: z.core.$ZodType): z.core.$ZodShape[] {
  if (schema instanceof z.ZodObject) return [schema.shape];
  return schema instanceof z.ZodDiscriminatedUnion ? schema.options.flatMap(shapesOf) : [];
}

/** The fields that a value of a `kind` may have; null where there is but one kind. */
function fieldsOfKind(path: string, kind: unknown): readonly string[] | null {
  const union = new Map<string, z.core.$ZodType>([
    ['data', data],
    ['model.positions', positions],
  ]).get(path);
  if (union === undefined) return null;
  const shape = shapesOf(union).find(
    (fields) => fields['kind'] instanceof z.ZodLiteral && fields['kind'].value === kind,
  );
  return shape === undefined ? null : Object.keys(shape);
}

/**
 * Sets fields of a configuration by their names. A new `kind` drops the fields that only the old one has.
 *
 * @param config changed in place
 */
export function setFields(config: object, settings: ReadonlyMap<string, unknown>): void {
  // Whole objects and kinds first, so that the order of options doesn't matter.
  const rank = (name: string) => name.split('.').length - (name.endsWith('.kind') ? 0.5 : 0);
  for (const [name, value] of [...settings].sort(([a], [b]) => rank(a) - rank(b))) {
    const keys = name.split('.');
    const last = keys.pop()!;
    const parent = keys.reduce<object>((found, key) => Object(valueAt(found, [key])), config);
    Object.assign(parent, { [last]: value });
    if (last === 'kind') dropOtherFields(parent, fieldsOfKind(keys.join('.'), value));
  }
}

function dropOtherFields(parent: object, known: readonly string[] | null): void {
  if (known === null) return;
  for (const field of Object.keys(parent)) if (!known.includes(field)) Reflect.deleteProperty(parent, field);
}

/**
 * Checks a configuration that may come from anywhere.
 *
 * @param where names it in messages
 * @throws TrainerError, naming the first field at fault, what was expected and what came
 */
export function parseRunConfig(where: string, value: unknown): RunConfig {
  const parsed = runConfigSchema.safeParse(value);
  if (!parsed.success) throw new TrainerError(`${where}: ${faultOf(parsed.error.issues[0]!, value)}`);
  checkTogether(where, parsed.data);
  return parsed.data;
}

/** What no field can know alone. */
function checkTogether(where: string, { data, model, training, validation }: RunConfig): void {
  const refuse = (field: string, expected: string, got: unknown, wayOut: string): never => {
    throw new TrainerError(`${where}: ${field} must be ${expected}; got ${show(got)}. ${wayOut}`);
  };
  const smaller = (field: string, most: string, value: number, limit: number) => {
    if (value > limit) refuse(field, `at most ${most} (${show(limit)})`, value, `Pass a smaller --${field}.`);
  };
  smaller('training.warmupSteps', 'training.steps', training.warmupSteps, training.steps);
  const { peakLearningRate, finalLearningRate, accumulate } = training;
  smaller('training.finalLearningRate', 'training.peakLearningRate', finalLearningRate, peakLearningRate);
  if (training.batch % accumulate !== 0)
    refuse(
      'training.accumulate',
      `a divisor of training.batch (${training.batch})`,
      accumulate,
      'Change one of them.',
    );
  if (data.validShare + data.testShare >= 1)
    refuse(
      'data.validShare',
      `below 1 together with data.testShare (${data.testShare})`,
      data.validShare,
      'Pass smaller ones.',
    );
  smaller('validation.minimumContext', 'model.length', validation.minimumContext, model.length);
  if (data.kind === 'images') checkImages(refuse, data, model, validation);
}

function checkImages(
  refuse: (field: string, expected: string, got: unknown, wayOut: string) => never,
  { rows, columns, channels }: { rows: number; columns: number; channels: number },
  model: RunConfig['model'],
  validation: RunConfig['validation'],
): void {
  const numbers = rows * columns * channels;
  if (model.length !== numbers)
    refuse(
      'model.length',
      `${rows} · ${columns} · ${channels} = ${numbers}, an image`,
      model.length,
      `Pass --model.length ${numbers}.`,
    );
  if (model.start !== 'learned')
    refuse(
      'model.start',
      '"learned" for images, whose first number is predicted too',
      model.start,
      'Pass --model.start learned.',
    );
  if (validation.minimumContext !== 0)
    refuse(
      'validation.minimumContext',
      '0 for images, which are seen whole',
      validation.minimumContext,
      'Leave it out.',
    );
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
  if (fieldNames.includes(name)) return `${section} of this kind has no ${show(key)}; leave it out`;
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
