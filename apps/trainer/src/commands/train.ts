/** `sparse-train` without a command: begins a run, goes on with one, or tells what one would be. */
import type { Command } from 'commander';
import { type ExitCode, exitCodes, type Subcommand, type Surroundings } from '../command.ts';
import { type CommandLine, dashed, engineWords, parsedValue } from '../command-line.ts';
import { configNamed, configs } from '../configs.ts';
import { describeRun } from '../dry-run.ts';
import { Progress } from '../progress.ts';
import { assemble, type Run, resumeRun, startRun } from '../run.ts';
import type { RunConfig } from '../run-config.ts';
import { fieldNames, parseRunConfig, setFields } from '../run-config-schema.ts';
import { type Outcome, train } from '../train.ts';
import { TrainerError } from '../trainer-error.ts';
import { readVersion } from '../version.ts';

const example = 'sparse-train --config tiny-text --data text.txt --out runs/a';

const examples = `
Every field of the configuration is an option too; --print-config shows them all with their values. Values are numbers, words or JSON.

Examples:
  sparse-train --config tiny-text --data text.txt --steps 300 --out runs/a --seed 1
  sparse-train --config tiny-text --data text.txt --out runs/b --model.layers 4 --training.peakLearningRate 1e-3
  sparse-train --config tiny-text --data text.txt --out runs/c --model.patterns '[{"kind":"strided","stride":16}]' --model.positions.stride 16
  sparse-train --config tiny-text --data text.txt --dry-run
  sparse-train --resume runs/a --max-minutes 10

Ctrl-C saves and ends; --resume goes on with the same bits.`;

/** The subcommand. */
export const trainCommand: Subcommand = {
  name: 'train',
  summary: 'trains a sparse transformer',
  define(command) {
    command
      .description('Trains a sparse transformer.')
      .version(readVersion(), '--version', 'print the version')
      .option('--config <name>', `the configuration to begin with: ${[...configs.keys()].join(', ')}`)
      .option('--data <file>', 'the text: a file, plain or .gz')
      .option('--out <folder>', 'a new folder for the run')
      .option('--seed <number>', 'weights, batches and dropout follow from it (default: 1)')
      .option('--engine <name>', `one of ${engineWords} (default: auto; with --resume: that of the run)`)
      .option('--threads <number>', 'the most threads that one op may use (default: all cores)')
      .option('--steps <number>', 'short for --training.steps')
      .option('--resume <folder>', 'go on with a run; its own configuration holds')
      .option('--max-minutes <number>', 'save and end after so long')
      .option('--print-config', 'print the whole configuration as JSON, and end')
      .option('--dry-run', 'build everything, print what the run would be, and end; no run folder is written')
      .addHelpText('after', examples);
    defineFields(command);
  },
  run(line, surroundings) {
    return line.has('resume') ? resume(line, surroundings) : begin(line, surroundings);
  },
};

/** An option for each field of the configuration; for other commands that take a configuration, too. */
export function defineFields(command: Command): void {
  command.optionsGroup?.('Fields of the configuration:');
  for (const name of fieldNames) command.option(`--${name} <value>`);
}

/**
 * The named configuration with the fields that the command line sets.
 *
 * @throws TrainerError that names the field
 */
export function configOf(line: CommandLine): RunConfig {
  const name = line.required('config', example);
  const config = structuredClone(configNamed(name));
  if (line.has('steps') && line.has('training.steps')) {
    throw new TrainerError('--steps and --training.steps are the same; give one of them.');
  }
  const given = line.names.map((option) => (option === 'steps' ? 'training.steps' : option));
  const fields = given.filter((field) => fieldNames.includes(field));
  const value = (field: string) => parsedValue(line.text(line.has(field) ? field : 'steps') ?? '');
  setFields(config, new Map(fields.map((field) => [field, value(field)])));
  return parseRunConfig(`--config ${name} with these options`, config);
}

async function begin(line: CommandLine, surroundings: Surroundings): Promise<ExitCode> {
  const config = configOf(line);
  const { output, fileSystem } = surroundings;
  if (line.has('printConfig')) {
    output.write(`${JSON.stringify(config, null, 2)}\n`);
    return exitCodes.done;
  }
  const request = {
    name: line.required('config', example),
    config,
    data: line.required('data', example),
    seed: line.number('seed') ?? 1,
    engine: line.text('engine') ?? 'auto',
    threads: line.whole('threads', 1),
  };
  if (line.has('dryRun')) {
    const assembly = await assemble(request);
    output.write(describeRun(assembly));
    await assembly.dataset.close();
    return exitCodes.done;
  }
  const maxMinutes = line.positive('maxMinutes');
  const folder = line.required('out', example);
  const disk = fileSystem === undefined ? {} : { fileSystem };
  return work(await startRun({ ...request, ...disk, folder }), maxMinutes, surroundings);
}

async function resume(line: CommandLine, surroundings: Surroundings): Promise<ExitCode> {
  const allowed = ['resume', 'data', 'engine', 'threads', 'maxMinutes'];
  const other = line.names.find((name) => !allowed.includes(name));
  if (other !== undefined) {
    throw new TrainerError(
      `--resume goes on with the run's own configuration, so --${dashed(other)} can't be given with it. Begin a new run with --config and --out.`,
    );
  }
  const { fileSystem } = surroundings;
  const run = await resumeRun({
    folder: line.required('resume', 'sparse-train --resume runs/a'),
    data: line.text('data'),
    engine: line.text('engine'),
    threads: line.whole('threads', 1),
    ...(fileSystem === undefined ? {} : { fileSystem }),
  });
  return work(run, line.positive('maxMinutes'), surroundings);
}

/** Trains, telling of it, and closes the run. */
async function work(
  run: Run,
  maxMinutes: number | undefined,
  { output, signal, now = () => performance.now() }: Surroundings,
): Promise<ExitCode> {
  const { steps } = run.config.training;
  const progress = new Progress(output, { steps, unit: unitOf(run), now });
  for (const note of run.notes) progress.say(note);
  progress.say(`Run ${run.folder}: ${run.name}, seed ${run.seed}, from step ${run.state.step} of ${steps}`);
  try {
    const outcome = await train(run, {
      onStep: (metrics) => progress.step(metrics),
      onValidation: (metrics) => progress.validation(metrics),
      ...(signal === undefined ? {} : { signal }),
      ...(maxMinutes === undefined ? {} : { maxMinutes }),
    });
    progress.say(lastLine(run.folder, outcome));
    return exitCodes.done;
  } finally {
    await run.close();
  }
}

/** What the loss is counted in, for this tokenizer. */
function unitOf({ dataset }: Run): string {
  return dataset.tokenizer.kind === 'bytes' ? 'bits per byte' : 'bits per character';
}

function lastLine(folder: string, { end, step }: Outcome): string {
  if (end === 'finished')
    return `Finished at step ${step}. Sample from it: sparse-sample ${folder} --prompt "…"`;
  const why = end === 'time' ? 'The time is over' : 'Stopped';
  return `${why} at step ${step}; all is saved. Go on with: sparse-train --resume ${folder}`;
}
