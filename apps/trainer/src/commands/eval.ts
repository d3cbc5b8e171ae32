/** `sparse-train eval`: the loss of a saved model on a split, over all of it unless told otherwise. */
import { bitsPerByte } from '@sparse-transformers/training';
import { engineWords, exitCodes, type Subcommand } from '../command-line/index.ts';
import { unitOf } from '../data-kinds/index.ts';
import { TrainerError } from '../messages/index.ts';
import { decodeCheckpoint, modelOf, openCheckpoint, readIdentity } from '../run-folder/index.ts';
import { type Evaluation, evaluate, reopenData, startEngine } from '../training/index.ts';
import { placesOf } from './train.ts';

const examples = `
Examples:
  sparse-train eval runs/a
  sparse-train eval runs/a --split test --checkpoint last
  sparse-train eval runs/a --minimum-context 192        # every token sees at least 192 before it: slower, lower loss`;

const millisecondsBetweenLines = 10_000;

/** The subcommand. */
export const evalCommand: Subcommand = {
  name: 'eval',
  summary: 'the loss of a saved model on the validation or test split',
  define(command) {
    command
      .description(
        'Prints the loss of a run on a split, in nats and in bits, with the average of the weights if the run keeps one.',
      )
      .argument('<run>', 'the folder of the run')
      .option('--checkpoint <which>', 'best, last, or a step (default: best, or last if never validated)')
      .option('--split <name>', 'valid, test or train (default: valid)')
      .option(
        '--minimum-context <number>',
        'tokens that each prediction sees before it at least (default: 0)',
      )
      .option(
        '--windows <number>',
        'the most windows, or images, from the beginning of the split (default: all)',
      )
      .option('--batch <number>', "windows, or images, at once (default: the run's validation.batch)")
      .option('--data <paths...>', 'where the data lies now')
      .option('--valid <paths...>', 'where the data for validation lies now')
      .option(
        '--cache <folder>',
        "where tokens made of the data are kept (default: in the system's cache folder)",
      )
      .option('--engine <name>', `one of ${engineWords} (default: auto)`)
      .option('--threads <number>', 'the most threads that one op may use (default: all cores)')
      .option('--json', 'print JSON')
      .addHelpText('after', examples);
  },
  async run(line, { output, signal, now = () => performance.now() }) {
    const folder = line.words[0]!;
    const identity = readIdentity(folder, 'eval');
    const { validation } = identity.config;
    const options = {
      batch: line.whole('batch', 1) ?? validation.batch,
      windows: line.whole('windows', 1),
      minimumContext: line.whole('minimumContext', 0) ?? 0,
      signal,
    };
    const name = splitOf(line.text('split') ?? 'valid');
    await startEngine(line.text('engine') ?? 'auto', line.whole('threads', 1));
    const checkpoint = await openCheckpoint(
      folder,
      line.text('checkpoint') ?? (await defaultCheckpoint(folder)),
    );
    const saved = decodeCheckpoint(checkpoint);
    const places = { ...placesOf(line), cache: line.text('cache'), signal };
    const data = await reopenData(places, identity, saved);
    try {
      const { model, isAveraged } = modelOf(checkpoint);
      const unit = unitOf(identity.config.data);
      let last: Evaluation = { loss: Number.NaN, predictions: 0 };
      let told = now();
      for await (const partial of evaluate(model, data.split(name), options)) {
        last = { loss: partial.loss, predictions: partial.predictions };
        if (now() - told < millisecondsBetweenLines || line.has('json')) continue;
        told = now();
        output.write(
          `batch ${partial.batch}/${partial.batches}  ${bitsPerByte(partial.loss).toFixed(4)} ${unit} so far\n`,
        );
      }
      const { loss, predictions } = last;
      const facts = {
        run: folder,
        step: checkpoint.step,
        split: name,
        averaged: isAveraged,
        minimumContext: options.minimumContext,
      };
      const figures = { loss, bits: bitsPerByte(loss), unit, predictions };
      output.write(
        line.has('json')
          ? `${JSON.stringify({ ...facts, ...figures })}\n`
          : sentence({ ...facts, ...figures }),
      );
      return exitCodes.done;
    } finally {
      await data.close();
    }
  },
};

function splitOf(name: string): 'train' | 'valid' | 'test' {
  if (name === 'train' || name === 'valid' || name === 'test') return name;
  throw new TrainerError(`--split must be valid, test or train; got ${JSON.stringify(name)}.`);
}

/** The best where there is one. */
export async function defaultCheckpoint(folder: string): Promise<string> {
  return decodeCheckpoint(await openCheckpoint(folder, 'last')).state.best === null ? 'last' : 'best';
}

function sentence(facts: {
  step: number;
  split: string;
  averaged: boolean;
  minimumContext: number;
  loss: number;
  bits: number;
  unit: string;
  predictions: number;
}): string {
  const { step, split, averaged, minimumContext, loss, bits, unit, predictions } = facts;
  const weights = averaged ? ', averaged weights' : '';
  const context = minimumContext > 0 ? `, at least ${minimumContext} tokens before each` : '';
  return (
    `step ${step}${weights}, split ${split}: ${bits.toFixed(4)} ${unit} (${loss.toFixed(4)} nats) ` +
    `over ${predictions.toLocaleString('en-US')} predictions${context}\n`
  );
}
