/** A model as it lies in a run folder: read and checked, nothing built yet. The layout is in docs/checkpoints.md. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { disposeParameters } from '@sparse-transformers/layers';
import {
  configFromJSON,
  countParameters,
  decodeSafetensors,
  encodeSafetensors,
  loadWeights,
  type SparseTransformer,
  type SparseTransformerConfig,
  sparseTransformer,
} from '@sparse-transformers/models';
import { type AnyTokenizer, tokenizerFromJSON } from '@sparse-transformers/tokenizers';
import { type Checkpoint, latestCheckpoint, lookInside, readCheckpoint } from '@sparse-transformers/training';
import { SamplerError } from './sampler-error.ts';

/** What a checkpoint holds for sampling. */
export interface SavedModel {
  /** The checkpoint's folder. */
  readonly folder: string;
  /** The training steps it was written after. */
  readonly step: number;
  /** The model's shape and patterns. */
  readonly config: SparseTransformerConfig;
  /** What the ids mean: its kind is the kind of the model. It has as many ids as the config's vocabulary. */
  readonly tokenizer: AnyTokenizer;
  /** The weights, a safetensors file that has not been looked into. */
  readonly weights: Uint8Array;
  /** Their running average, which is taken instead, in the same form; null if the run keeps none. */
  readonly average: Uint8Array | null;
}

const weightsFile = 'weights.safetensors';
const averageFile = 'average.safetensors';
const averagePrefix = 'average.';

/** The folder of the small model of text that comes with the program. */
export const bundledModel = fileURLToPath(new URL('../assets/shakespeare', import.meta.url));

/**
 * Reads the newest checkpoint of a run, one checkpoint, or an exported model. Nothing in the folder is executed, and nothing is written.
 *
 * @param path a run folder such as `runs/a`, or a checkpoint's folder such as `runs/a/checkpoints/step-000000300`,
 *   or what `sparse-train export` wrote
 * @throws SamplerError if there is no such folder, or no checkpoint, or one of its files makes no sense; CheckpointError if
 *   a file is not as it was written; RunFolderError for what is no file or folder of its own, such as a link. The messages name the file
 */
export async function readModel(path: string): Promise<SavedModel> {
  const checkpoint = await findCheckpoint(path);
  const { folder, step } = checkpoint;
  const config = readJson(checkpoint, 'model.json', configFromJSON);
  const tokenizer = readJson(checkpoint, 'tokenizer.json', tokenizerFromJSON);
  if (tokenizer.size !== config.vocabulary) {
    throw new SamplerError(
      `${folder}: model.json has a vocabulary of ${config.vocabulary}, but tokenizer.json has ${tokenizer.size} ids. ` +
        'They are not of one run; take another checkpoint.',
    );
  }
  return {
    folder,
    step,
    config,
    tokenizer,
    weights: fileOf(checkpoint, weightsFile),
    average: checkpoint.files.get(averageFile) ?? null,
  };
}

/**
 * Builds the model on the active TensorFlow.js backend, with the average of its weights if it has one, as evaluation does.
 *
 * @throws SamplerError that names the file if the weights are not those of the config
 */
export function buildModel({ folder, config, weights, average }: SavedModel): SparseTransformer {
  const bytes = countParameters(config) * Float32Array.BYTES_PER_ELEMENT;
  // Held against the file before memory is taken: model.json may say anything.
  if (bytes > weights.length) {
    throw new SamplerError(
      `${join(folder, weightsFile)}: expected at least ${bytes} bytes for the model of model.json, but it has ${weights.length}. ` +
        'They are not of one run; take another checkpoint.',
    );
  }
  const model = sparseTransformer(config, { seed: 0 });
  let file = weightsFile;
  try {
    loadWeights(model, weights);
    file = averageFile;
    if (average) loadAverage(model, average);
  } catch (error) {
    disposeParameters(model);
    throw new SamplerError(`${join(folder, file)}: ${messageOf(error)}; take another checkpoint.`, {
      cause: error,
    });
  }
  return model;
}

/** A run that has just begun has no averages yet. */
function loadAverage(model: SparseTransformer, file: Uint8Array): void {
  const { tensors } = decodeSafetensors(file);
  const averages = [...tensors].filter(([name]) => name.startsWith(averagePrefix));
  if (averages.length === 0) return;
  const named = averages.map(([name, values]) => [name.slice(averagePrefix.length), values] as const);
  loadWeights(model, encodeSafetensors(new Map(named)));
}

async function findCheckpoint(path: string): Promise<Checkpoint> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) {
    const came = found ? 'it is a file' : 'there is no such folder';
    throw new SamplerError(
      `${path}: expected the folder of a run, a checkpoint or an exported model, but ${came}. ` +
        'sparse-train --out names the folder that it writes.',
    );
  }
  const isCheckpoint = lookInside(path, join(path, 'manifest.json'), 'file') !== null;
  if (isCheckpoint) return readCheckpoint(path);
  const newest = await latestCheckpoint(path);
  if (newest) return newest;
  throw new SamplerError(
    `${path}: expected a run with a checkpoint in ${join(path, 'checkpoints')}, but there is none. ` +
      'Give the folder of a run that sparse-train has begun.',
  );
}

function fileOf({ folder, files }: Checkpoint, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes) return bytes;
  throw new SamplerError(
    `${join(folder, name)}: expected in the checkpoint, but its manifest has only ${[...files.keys()].join(', ')}. ` +
      'Give a checkpoint that sparse-train wrote.',
  );
}

function readJson<T>(checkpoint: Checkpoint, name: string, parse: (json: unknown) => T): T {
  const text = new TextDecoder().decode(fileOf(checkpoint, name));
  try {
    return parse(JSON.parse(text));
  } catch (error) {
    throw new SamplerError(`${join(checkpoint.folder, name)}: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
