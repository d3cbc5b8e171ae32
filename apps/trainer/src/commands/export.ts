/** `sparse-train export`: the weights of a run alone, with what is needed to use them and a card that says what they are. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { configToJSON, countParameters, saveWeights } from '@sparse-transformers/models';
import {
  bitsPerByte,
  type Checkpoint,
  removeEmptyFolders,
  writeCheckpoint,
} from '@sparse-transformers/training';
import { exitCodes, type Subcommand } from '../command-line/index.ts';
import { unitOf } from '../data-kinds/index.ts';
import { configurationFile, modelCard } from '../export/index.ts';
import { TrainerError } from '../messages/index.ts';
import {
  decodeCheckpoint,
  diskError,
  encodeJson,
  makeOutFolder,
  modelOf,
  openCheckpoint,
  type RunIdentity,
  readIdentity,
} from '../run-folder/index.ts';
import { startEngine } from '../training/index.ts';
import { defaultCheckpoint } from './eval.ts';

const example = 'sparse-train export runs/a --out models/a';

const examples = `
Examples:
  ${example}
  ${example} --checkpoint last
  sparse-sample models/a`;

/** The subcommand. */
export const exportCommand: Subcommand = {
  name: 'export',
  summary: 'the weights of a run alone, to sample from and to pass on',
  define(command) {
    command
      .description(
        'Writes the weights of a run, the averaged ones if it keeps them, with the model, the tokenizer, checksums and a card.',
      )
      .argument('<run>', 'the folder of the run')
      .option('--out <folder>', 'a new folder')
      .option('--checkpoint <which>', 'best, last, or a step (default: best, or last if never validated)')
      .addHelpText('after', examples);
  },
  async run(line, { output }) {
    const folder = line.words[0]!;
    const out = resolve(line.required('out', example));
    if (existsSync(out)) throw new TrainerError(`--out ${out}: it exists already. Choose another folder.`);
    const identity = readIdentity(folder, 'export');
    // Weights only pass through; any engine will do.
    await startEngine('cpu', undefined);
    const checkpoint = await openCheckpoint(
      folder,
      line.text('checkpoint') ?? (await defaultCheckpoint(folder)),
    );
    const files = await exportedFiles(identity, checkpoint);
    await writeExport(out, checkpoint.step, files).catch((error: Error) => {
      throw diskError(`--out ${out}`, error);
    });
    output.write(`Wrote the weights after step ${checkpoint.step} to ${out}\n`);
    return exitCodes.done;
  },
};

async function exportedFiles(
  identity: RunIdentity,
  checkpoint: Checkpoint,
): Promise<Map<string, Uint8Array>> {
  const { model, tokenizer, isAveraged } = modelOf(checkpoint);
  const { state } = decodeCheckpoint(checkpoint);
  const isBest = state.best !== null && state.best.step === checkpoint.step;
  const card = modelCard({
    identity,
    parameters: countParameters(model.config),
    step: checkpoint.step,
    tokens: state.tokens,
    isAveraged,
    unit: unitOf(identity.config.data),
    bits: isBest ? bitsPerByte(state.best!.loss) : null,
  });
  return new Map([
    ['model.json', encodeJson(configToJSON(model.config))],
    ['tokenizer.json', encodeJson(tokenizer.toJSON())],
    ['weights.safetensors', await saveWeights(model)],
    [configurationFile, encodeJson(identity.config)],
    ['README.md', new TextEncoder().encode(card)],
  ]);
}

/** A checkpoint of weights alone, written whole and checked like any other, then moved to its place. */
async function writeExport(out: string, step: number, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const writing = `${out}.writing-${process.pid}`;
  const made = makeOutFolder('--out', dirname(out));
  try {
    await mkdir(writing);
    const { folder } = await writeCheckpoint(writing, step, files, { keep: 1 });
    await rename(folder, out);
  } catch (error) {
    await rm(writing, { recursive: true, force: true });
    removeEmptyFolders(made);
    throw error;
  } finally {
    await rm(writing, { recursive: true, force: true });
  }
}
