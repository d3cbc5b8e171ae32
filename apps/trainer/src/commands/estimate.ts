/** `sparse-train estimate`: parameters, FLOPs, memory and time of a run, before it is begun. */
import { type EngineName, useEngine } from '@sparse-transformers/engines';
import { dispose } from '@tensorflow/tfjs-core';
import {
  type CommandLine,
  engineWords,
  exitCodes,
  type Subcommand,
  type Surroundings,
} from '../command-line/index.ts';
import { configs } from '../configs/index.ts';
import type { RunConfig } from '../configuration/index.ts';
import { openRunData } from '../data/index.ts';
import { kindOf } from '../data-kinds/index.ts';
import {
  assumedVocabulary,
  type Column,
  denseTwin,
  dependsOnData,
  estimateRun,
  estimateTable,
  memoryLimitOf,
  type Probe,
  probe,
} from '../estimate/index.ts';
import { learnerOf } from '../training/index.ts';
import { configOf, defineFields, placesOf } from './train.ts';

const examples = `
Nothing is trained. With --engine, ten steps are taken on random tokens, unless there is no memory for them: that tells the time.
Data is read only where its alphabet is needed: for tokens that are characters.

Examples:
  sparse-train estimate --config enwik8-fixed
  sparse-train estimate --config enwik8-fixed --engine native --training.recompute true
  sparse-train estimate --config tiny-text --data text.txt --json`;

/** The subcommand. */
export const estimateCommand: Subcommand = {
  name: 'estimate',
  summary: 'parameters, FLOPs, memory and time of a run, before it is begun',
  define(command) {
    command
      .description('Tells what a run takes before it is begun, with its patterns and with dense attention.')
      .option(
        '--config <name>',
        `a file of your own, .json or .yaml, or one of ${[...configs.keys()].join(', ')}`,
      )
      .option('--data <paths...>', 'files, folders or globs, to know the alphabet of characters')
      .option('--valid <paths...>', 'data for validation, which is not looked at')
      .option('--engine <name>', `measure on this engine: one of ${engineWords}`)
      .option('--threads <number>', 'the most threads that one op may use (default: all cores)')
      .option('--probe', 'measure on the fastest engine that runs, where none is named')
      .option('--force', 'measure even if the estimate exceeds the memory of the machine')
      .option('--steps <number>', 'short for --training.steps')
      .option('--json', 'print JSON')
      .addHelpText('after', examples);
    defineFields(command);
  },
  async run(line, { output, errors }) {
    const config = configOf(line);
    const vocabulary = await vocabularyOf(line, config);
    const variants = [
      { title: 'as configured', config },
      { title: 'dense', config: denseTwin(config) },
    ].map((variant) => ({ ...variant, estimate: estimateRun(variant.config, vocabulary), probe: null }));
    const columns = wantsProbe(line) ? await measured(line, variants, vocabulary, errors) : variants;
    if (line.has('json')) output.write(`${JSON.stringify(jsonOf(columns, vocabulary), null, 2)}\n`);
    else output.write(estimateTable(config, columns) + footer(line, config, columns));
    return exitCodes.done;
  },
};

interface Variant extends Column {
  readonly config: RunConfig;
}

function wantsProbe(line: CommandLine): boolean {
  return line.has('probe') || line.has('engine');
}

async function vocabularyOf(line: CommandLine, { data }: RunConfig): Promise<number> {
  const places = placesOf(line).data;
  if (!dependsOnData(data) || places === undefined) return assumedVocabulary(data);
  const opened = await openRunData({ data: places, valid: null }, data);
  await opened.close();
  return opened.tokenizer.size;
}

/** One after the other, each with the whole machine. */
async function measured(
  line: CommandLine,
  variants: readonly Variant[],
  vocabulary: number,
  errors: Surroundings['errors'],
): Promise<Variant[]> {
  const threads = line.whole('threads', 1);
  const engine = await useEngine(
    (line.text('engine') ?? 'auto') as EngineName,
    threads === undefined ? {} : { threads },
  );
  const limit = line.has('force') ? null : memoryLimitOf(engine.name);
  const results: Variant[] = [];
  for (const variant of variants) {
    const isTooLarge = limit !== null && variant.estimate.memory.stepPeak > limit;
    if (!isTooLarge) errors.write(`Taking some steps on ${engine.name}, ${variant.title}\n`);
    results.push({ ...variant, probe: isTooLarge ? 'no memory' : await probed(variant.config, vocabulary) });
  }
  return results;
}

async function probed(config: RunConfig, vocabulary: number): Promise<Probe> {
  const learner = learnerOf(config, { tokenizer: { size: vocabulary } }, 1);
  try {
    return await probe(learner, config);
  } finally {
    learner.optimizer.dispose();
    learner.average?.dispose();
    dispose([...learner.model.parameters.values()]);
  }
}

/** What a token takes in all is called that: `training` would leave open whether the forward pass is in it. */
function jsonOf(columns: readonly Column[], vocabulary: number): object {
  const facts = ({ estimate, probe: measurement }: Column): object => {
    const { training: all, ...parts } = estimate.flops;
    return { ...estimate, flops: { ...parts, all }, probe: measurement };
  };
  return { vocabulary, configured: facts(columns[0]!), dense: facts(columns[1]!) };
}

function footer(line: CommandLine, { data }: RunConfig, columns: readonly Column[]): string {
  const patterns = `Patterns: ${columns[0]!.estimate.patterns.join('; ')}\n`;
  const isAssumed = dependsOnData(data) && placesOf(line).data === undefined;
  const assumed = isAssumed
    ? `Assumed: ${assumedVocabulary(data)} ${kindOf(data).token(data)}s in the alphabet; --data tells.\n`
    : '';
  const hint = wantsProbe(line) ? '' : 'Time is told by --probe.\n';
  return `${patterns}Memory is that of tensors on engines native and wasm; others keep more.\n${assumed}${hint}`;
}
