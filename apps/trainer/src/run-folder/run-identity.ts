/** `config.json`: what a run is. */
import { join } from 'node:path';
import { readInside } from '@sparse-transformers/training';
import { z } from 'zod';
import type { RunConfig } from '../configuration/index.ts';
import { fieldValue, parseRunConfig, setFields } from '../configuration/index.ts';
import type { DataPlaces } from '../data/index.ts';
import { TrainerError } from '../messages/index.ts';
import { decodeJson, encodeJson, within } from './checkpoint-files.ts';
import { checkRunFolder } from './run-layout.ts';

/** A field that was changed when the run was gone on with. */
export interface ConfigChange {
  /** Steps taken by then. */
  readonly step: number;
  /** The field: `training.steps`. */
  readonly field: string;
  /** Its value before. */
  readonly from: unknown;
  /** Its value since. */
  readonly to: unknown;
}

/** What identifies a run. */
export interface RunIdentity extends DataPlaces {
  /** The name of its configuration. */
  readonly name: string;
  /** Weights, batches and dropout masks follow from it. */
  readonly seed: number;
  /** The engine that it began with. */
  readonly engine: string;
  /** The full configuration, as it is now. */
  readonly config: RunConfig;
  /** What was changed on the way, in order. */
  readonly changes: readonly ConfigChange[];
}

/** The file's name in the folder of a run. */
export const identityFile = 'config.json';

/** Enough for some hundred thousand paths. */
const mostBytes = 2 ** 24;

const paths = z.array(z.string());

const identitySchema = z.strictObject({
  format: z.literal('sparse-transformers/run'),
  version: z.literal(2),
  name: z.string(),
  seed: z.int().min(0),
  data: paths.min(1),
  valid: paths.min(1).nullable(),
  engine: z.string(),
  config: z.unknown(),
  changes: z.array(
    z.strictObject({ step: z.int().min(0), field: z.string(), from: z.unknown(), to: z.unknown() }),
  ),
});

/**
 * Reads `config.json` of a folder that may come from anywhere: before anything in it is opened, all that a run has is looked at.
 *
 * @param option names the folder in messages: `--resume`
 * @throws TrainerError that names the file and the field; RunFolderError that names what is no file or folder of a run
 */
export function readIdentity(folder: string, option: string): RunIdentity {
  const path = join(folder, identityFile);
  checkRunFolder(folder);
  const bytes = readInside(folder, path, mostBytes);
  if (bytes === null) {
    throw new TrainerError(
      `${option} ${folder}: there is no run (no ${path}). Expected a folder that --out made.`,
    );
  }
  const {
    format: _,
    version: __,
    config,
    ...rest
  } = within(path, () => identitySchema.parse(decodeJson(bytes)));
  return { ...rest, config: parseRunConfig(path, config) };
}

/** The bytes of `config.json`. */
export function encodeIdentity({
  name,
  seed,
  data,
  valid,
  engine,
  config,
  changes,
}: RunIdentity): Uint8Array {
  const identity = { name, seed, data, valid, engine, config, changes };
  return encodeJson({ format: 'sparse-transformers/run', version: 2, ...identity });
}

/** Sections that may change on the way, and those of the fields of `training` that no saved state depends on. */
const changeable = [
  /^(validation|samples|checkpoints)\./,
  /^training\.(accumulate|steps|peakLearningRate|finalLearningRate|warmupSteps|weightDecay|clipNorm|recompute|notFinite|lossLimit)$/,
];

/**
 * The run with other settings from a step on.
 *
 * @throws TrainerError for a field that can't change, or a value that makes no sense
 */
export function changedIdentity(
  identity: RunIdentity,
  settings: ReadonlyMap<string, unknown>,
  step: number,
): RunIdentity {
  const fixed = [...settings.keys()].find((field) => !changeable.some((known) => known.test(field)));
  if (fixed !== undefined) {
    throw new TrainerError(
      `--resume goes on with the run's own configuration, so --${fixed} can't be given with it: what the run has saved depends on it. ` +
        'Begin a new run with --config and --out.',
    );
  }
  const changed = structuredClone(identity.config);
  setFields(changed, settings);
  const config = parseRunConfig('--resume with these options', changed);
  const changes = [...settings.keys()]
    .map((field) => ({
      step,
      field,
      from: fieldValue(identity.config, field),
      to: fieldValue(config, field),
    }))
    .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
  return { ...identity, config, changes: [...identity.changes, ...changes] };
}
