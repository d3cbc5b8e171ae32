/** A run folder as the trainer writes them, with a small model that was never trained but has an opinion. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  configToJSON,
  type SparseTransformer,
  type SparseTransformerConfig,
  saveWeights,
  sparseTransformer,
} from '@sparse-transformers/models';
import { fixed } from '@sparse-transformers/patterns';
import { randomFrom } from '@sparse-transformers/testing';
import { type AnyTokenizer, buildCharacterTokenizer, byteTokenizer } from '@sparse-transformers/tokenizers';
import { writeCheckpoint } from '@sparse-transformers/training';
import { tensor, tidy } from '@tensorflow/tfjs-core';
import { afterAll } from 'vitest';

/** The characters that the model of `characters` knows. */
const alphabet = '\n abcdefghij';

/** What a model sees. */
const length = 48;

export const tokenizers = { characters: buildCharacterTokenizer(alphabet), bytes: byteTokenizer() };

/** A model with random weights, its output matrix included, so that no two tokens are equally likely. */
export function tinyModel(
  tokenizer: AnyTokenizer,
  seed = 1,
  changes: Partial<SparseTransformerConfig> = {},
): SparseTransformer {
  const model = sparseTransformer(
    {
      vocabulary: tokenizer.size,
      length,
      layers: 2,
      width: 8,
      heads: 2,
      feedForwardWidth: 16,
      patterns: [fixed({ block: 8, summary: 2 })],
      queryKeyWidth: 8,
      positions: { kind: 'attention', stride: 8 },
      start: 'none',
      dropout: 0,
      weightScale: 'deviation',
      ...changes,
    },
    { seed },
  );
  const output = model.parameters.get('output.weight')!;
  const values = Float32Array.from(randomFrom(seed).normals(output.size, 0.5));
  tidy(() => output.assign(tensor(values, output.shape)));
  return model;
}

export const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** The files of a checkpoint. */
export async function tinyFiles(
  tokenizer: AnyTokenizer,
  seed = 1,
  changes: Partial<SparseTransformerConfig> = {},
): Promise<Map<string, Uint8Array>> {
  const model = tinyModel(tokenizer, seed, changes);
  return new Map([
    ['model.json', json(configToJSON(model.config))],
    ['tokenizer.json', json(tokenizer)],
    ['weights.safetensors', await saveWeights(model)],
    ['state.json', json({})],
  ]);
}

/** The folder that all runs lie in. */
export const root = mkdtempSync(join(tmpdir(), 'sparse-sample-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A new, empty folder; gone after the tests. */
export const newFolder = () => mkdtempSync(join(root, 'run-'));

/** A run with one checkpoint. */
export async function writeRun(files: Map<string, Uint8Array>, step = 300): Promise<string> {
  const run = newFolder();
  await writeCheckpoint(run, step, files, { keep: 5 });
  return run;
}

/** Every file below a folder with its content, to see that nothing changed. */
export function contentOf(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return new Map(
    files.map((file) => {
      const path = join(folder, file);
      return [file, statSync(path).isFile() ? readFileSync(path).toString('base64') : 'folder'];
    }),
  );
}
