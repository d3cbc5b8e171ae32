/** `sparse-train` without a command: begins a run, goes on with one, or tells what one would be. */

import type { Command } from 'commander';
import {
  type CommandLine,
  dashed,
  dataProgress,
  type ExitCode,
  engineWords,
  exitCodes,
  fieldValue,
  Progress,
  type Subcommand,
  type Surroundings,
} from '../command-line/index.ts';
import { configGiven, configs } from '../configs/index.ts';
import type { NamedField, RunConfig } from '../configuration/index.ts';
import { fieldNames, namedFields, parseRunConfig, sectionWords, setFields } from '../configuration/index.ts';
import { unitOf } from '../data-kinds/index.ts';
import { assumedVocabulary, refuseBeyondMemory } from '../estimate/index.ts';
import { sampleCommand } from '../export/index.ts';
import { DivergedError, TrainerError } from '../messages/index.ts';
import { writeReport } from '../report/index.ts';
import {
  assemble,
  describeRun,
  type Outcome,
  type Run,
  resumeRun,
  startRun,
  type TrainOptions,
  train,
} from '../training/index.ts';
import { readVersion } from '../version.ts';

const example = 'sparse-train --config tiny-text --data text.txt --out runs/a';

const examples = `
Every field of the configuration is an option, and stands in docs/configuration.md. Values are numbers, words or JSON. --print-config shows them all
as they are with the other options, in the form of a file for --config. Defaults are for such files; named configurations set every field.

Examples:
  sparse-train --config tiny-text --data text.txt --steps 300 --out runs/a --seed 1
  sparse-train --config tiny-text --data text.txt --out runs/b --model.layers 4 --training.peakLearningRate 1e-3
  sparse-train --config tiny-text --data text.txt --out runs/c --model.patterns '[{"kind":"strided","stride":16}]' --model.positions.stride 16
  sparse-train --config mine.yaml --data text.txt --out runs/mine
  sparse-train --config text-file --data 'books/*.txt.gz' notes/ --valid held-out.txt --out runs/d
  sparse-train --config cifar10-strided --data data_batch_*.bin --out runs/e --engine native
  sparse-train --config tiny-text --data text.txt --dry-run
  sparse-train --config tiny-text --data text.txt --out /tmp/check --overfit-batch --steps 200
  sparse-train --resume runs/a --max-minutes 10
  sparse-train --config tiny-text --data text.txt --out runs/f --max-tokens 1e6
  sparse-train --resume runs/a --steps 6000 --training.peakLearningRate 1e-3

Ctrl-C saves and ends; --resume goes on with the same bits.`;

/** The subcommand. */
export const trainCommand: Subcommand = {
  name: 'train',
  summary: 'trains a sparse transformer',
  define(command) {
    command
      .description('Trains a sparse transformer.')
      .version(readVersion(), '--version', 'print the version')
      .option(
        '--config <name>',
        `the configuration to begin with: a file of your own, .json or .yaml, or one of ${[...configs.keys()].join(', ')}`,
      )
      .option('--data <paths...>', 'files, folders or globs; with --resume, where the same data lies now')
      .option('--valid <paths...>', 'data for validation (default: the share data.validShare of --data)')
      .option('--out <folder>', 'a new folder for the run')
      .option('--seed <number>', 'weights, batches and dropout follow from it (default: 1)')
      .option('--engine <name>', `one of ${engineWords} (default: auto; with --resume: that of the run)`)
      .option('--threads <number>', 'the most threads that one op may use (default: all cores)')
      .option(
        '--cache <folder>',
        "where tokens made of the data are kept (default: in the system's cache folder)",
      )
      .option('--steps <number>', 'short for --training.steps')
      .option(
        '--overfit-batch',
        'for debugging: every step sees the first batch, whose loss must go to nearly 0',
      )
      .option('--resume <folder>', 'go on with a run, its learning rate or number of steps changed if given')
      .option('--max-minutes <number>', 'validate, save and end within so long')
      .option(
        '--max-tokens <number>',
        'validate, save and end when the run has been trained on so many tokens, those before --resume included',
      )
      .option('--print-config', 'print the whole configuration as JSON, and end')
      .option('--dry-run', 'build everything, print what the run would be, and end; no run folder is written')
      .option('--force', 'begin even if the estimate exceeds the memory of the machine')
      .addHelpText('after', examples);
    defineFields(command);
  },
  run(line, surroundings) {
    return line.has('resume') ? resume(line, surroundings) : begin(line, surroundings);
  },
};

/** An option for each field of the configuration, by section; for other commands that take a configuration, too. */
export function defineFields(command: Command): void {
  const words = new Map(namedFields.map((field) => [field.name, field]));
  for (const [section, title] of Object.entries(sectionWords)) {
    command.optionsGroup(`${title}:`);
    for (const name of fieldNames.filter((field) => field.startsWith(`${section}.`))) {
      const field = words.get(name);
      command.option(`--${name} <value>`, field === undefined ? 'All of it, as JSON.' : helpOf(field));
    }
  }
}

function helpOf({ meaning, expected, unlessGiven }: NamedField): string {
  const otherwise = unlessGiven === undefined ? '' : ` (default: ${JSON.stringify(unlessGiven)})`;
  return `${meaning} ${expected[0]!.toUpperCase()}${expected.slice(1)}${otherwise}`;
}

/**
 * The named configuration with the fields that the command line sets.
 *
 * @throws TrainerError that names the field
 */
export function configOf(line: CommandLine): RunConfig {
  const name = line.required('config', example);
  const config = configGiven(name);
  setFields(config, settingsOf(line));
  return parseRunConfig(`--config ${name} with these options`, config);
}

/** The fields that the command line sets, by name. */
function settingsOf(line: CommandLine): Map<string, unknown> {
  if (line.has('steps') && line.has('training.steps')) {
    throw new TrainerError('--steps and --training.steps are the same; give one of them.');
  }
  const settings = new Map<string, unknown>();
  const set = (field: string, option: string) =>
    settings.set(field, fieldValue(option, line.text(option) ?? ''));
  for (const field of fieldNames) if (line.has(field)) set(field, field);
  if (line.has('steps')) set('training.steps', 'steps');
  if (line.has('overfitBatch')) settings.set('training.overfitBatch', true);
  return settings;
}

/** Where the data lies, as the command line says it. */
export function placesOf(line: CommandLine): Partial<Record<'data' | 'valid', string[]>> {
  const [data, valid] = [line.texts('data'), line.texts('valid')];
  return { ...(data.length > 0 && { data }), ...(valid.length > 0 && { valid }) };
}

async function begin(line: CommandLine, surroundings: Surroundings): Promise<ExitCode> {
  const config = configOf(line);
  const { output, fileSystem } = surroundings;
  if (line.has('printConfig')) {
    output.write(`${JSON.stringify(config, null, 2)}\n`);
    return exitCodes.done;
  }
  line.required('data', example);
  const request = {
    name: line.required('config', example),
    config,
    data: line.texts('data'),
    valid: placesOf(line).valid,
    seed: line.number('seed') ?? 1,
    engine: line.text('engine') ?? 'auto',
    threads: line.whole('threads', 1),
    cache: line.text('cache'),
    fileSystem,
    onProgress: dataProgress(surroundings),
    signal: surroundings.signal,
  };
  if (!line.has('force')) refuseBeyondMemory(config, assumedVocabulary(config.data), request);
  if (line.has('dryRun')) {
    const assembly = await assemble(request);
    output.write(describeRun(request.name, assembly));
    await assembly.data.close();
    return exitCodes.done;
  }
  const limits = limitsOf(line);
  const folder = line.required('out', example);
  return work(await startRun({ ...request, folder }), limits, surroundings);
}

const beginOnly = ['config', 'out', 'seed', 'overfitBatch', 'force', 'dryRun', 'printConfig'];

async function resume(line: CommandLine, surroundings: Surroundings): Promise<ExitCode> {
  const other = line.names.find((name) => beginOnly.includes(name));
  if (other !== undefined) {
    throw new TrainerError(
      `--resume goes on with the run's own configuration, so --${dashed(other)} can't be given with it. Begin a new run with --config and --out.`,
    );
  }
  const limits = limitsOf(line);
  const run = await resumeRun({
    folder: line.required('resume', 'sparse-train --resume runs/a'),
    ...placesOf(line),
    engine: line.text('engine'),
    threads: line.whole('threads', 1),
    cache: line.text('cache'),
    settings: settingsOf(line),
    fileSystem: surroundings.fileSystem,
    onProgress: dataProgress(surroundings),
    signal: surroundings.signal,
  });
  return work(run, limits, surroundings);
}

type Limits = Pick<TrainOptions, 'maxMinutes' | 'maxTokens'>;

function limitsOf(line: CommandLine): Limits {
  const [maxMinutes, maxTokens] = [line.positive('maxMinutes'), line.positive('maxTokens')];
  return { ...(maxMinutes !== undefined && { maxMinutes }), ...(maxTokens !== undefined && { maxTokens }) };
}

/** Trains, telling of it, and closes the run. */
async function work(
  run: Run,
  limits: Limits,
  { output, signal, now = () => performance.now() }: Surroundings,
): Promise<ExitCode> {
  const { steps } = run.config.training;
  const progress = new Progress(output, { steps, unit: unitOf(run.config.data), now, limits });
  for (const note of run.notes) progress.say(note);
  progress.say(`Run ${run.folder}: ${run.name}, seed ${run.seed}, from step ${run.state.step} of ${steps}`);
  try {
    const outcome = await train(run, {
      onStep: (metrics) => progress.step(metrics),
      onValidation: (metrics) => progress.validation(metrics),
      ...(signal === undefined ? {} : { signal }),
      onNote: (note) => progress.say(note),
      now,
      ...limits,
    });
    if (outcome.step > run.state.step) progress.say(await reportLine(run.folder));
    progress.say(lastLine(run, outcome));
  } catch (error) {
    // A step that was refused leaves its batch to look at.
    await (error instanceof DivergedError ? run.close() : run.abandon());
    throw error;
  }
  await run.close();
  return exitCodes.done;
}

/** A report that fails is told and no more: the run is saved. */
async function reportLine(folder: string): Promise<string> {
  try {
    return `Report: ${await writeReport(folder)}`;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `The report could not be written (${why}). Try again by: sparse-train report ${folder}`;
  }
}

function lastLine({ folder, config, state }: Run, { end, step }: Outcome): string {
  const sample = sampleCommand(folder, config.data);
  if (end === 'finished') return `Finished at step ${step}. Sample from it: ${sample}`;
  if (step >= config.training.steps) {
    return `Stopped at step ${step}, the last, before its validation; all is saved. Validate it with: sparse-train eval ${folder}`;
  }
  const onward = `Go on with: sparse-train --resume ${folder}  Sample from it: ${sample}`;
  if (end === 'stopped') return `Stopped at step ${step}; all is saved. ${onward}`;
  const at = `at step ${step} of ${config.training.steps}`;
  const limit = end === 'time' ? '--max-minutes' : '--max-tokens';
  if (step === state.step)
    return `No step was taken: the run stands ${at}, and has seen the tokens of ${limit}. ${onward}`;
  return `${limit} ended the run ${at}, validated; all is saved. ${onward}`;
}
