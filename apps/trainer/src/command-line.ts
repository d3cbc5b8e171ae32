/** What the command line asks for. */
import { readFileSync } from 'node:fs';
import { engineNames } from '@sparse-transformers/engines';
import { Command, CommanderError } from 'commander';
import { configNamed, configs } from './configs.ts';
import { fieldNames, parseRunConfig, type RunConfig, show } from './run-config.ts';
import { TrainerError } from './trainer-error.ts';

/** One of the things that the program does. */
export type Request =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'dry-run'; readonly run: NewRun }
  | {
      readonly kind: 'start';
      readonly run: NewRun;
      readonly folder: string;
      readonly maxMinutes: number | undefined;
    }
  | {
      readonly kind: 'resume';
      readonly folder: string;
      readonly data: string | undefined;
      readonly engine: string | undefined;
      readonly threads: number | undefined;
      readonly maxMinutes: number | undefined;
    }
  | ({ readonly kind: 'doctor'; readonly version: string } & DoctorRequest);

/** What the doctor is asked. */
export interface DoctorRequest {
  /** One engine, to be started in this very process; undefined: all, each in a process of its own. */
  readonly engine: string | undefined;
  /** The most threads that one op may use. */
  readonly threads: number | undefined;
  /** Whether to print JSON. */
  readonly json: boolean;
}

/** A run that is asked for. */
interface NewRun {
  readonly name: string;
  readonly config: RunConfig;
  readonly data: string;
  readonly seed: number;
  readonly engine: string;
  readonly threads: number | undefined;
}

type Options = ReadonlyMap<string, unknown>;

const examples = `
Every field of the configuration is an option too; --print-config shows them all with their values. Values are numbers, words or JSON.

Examples:
  sparse-train --config tiny-text --data text.txt --steps 300 --out runs/a --seed 1
  sparse-train --config tiny-text --data text.txt --out runs/b --model.layers 4 --training.peakLearningRate 1e-3
  sparse-train --config tiny-text --data text.txt --out runs/c --model.patterns '[{"kind":"strided","stride":16}]' --model.positionStride 16
  sparse-train --config tiny-text --data text.txt --dry-run
  sparse-train --resume runs/a --max-minutes 10
  sparse-train doctor          which engines run here and how fast, to paste into a bug report

Ctrl-C saves and ends; --resume goes on with the same bits.`;

/**
 * Reads the arguments (without node and script).
 *
 * @throws TrainerError that names the option
 */
export function readCommandLine(args: readonly string[]): Request {
  const [first, ...others] = args;
  return first === 'doctor'
    ? parse(defineDoctor, others, doctorOf, 'sparse-train doctor --help')
    : parse(defineCommand, args, requestOf, 'sparse-train --help');
}

/** Parses, and reads a request out of the options; help and version are text to print. */
function parse(
  define: (write: (text: string) => void) => Command,
  args: readonly string[],
  read: (options: Options) => Request,
  help: string,
): Request {
  const written: string[] = [];
  const command = define((text) => written.push(text));
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text: written.join('') };
    throw new TrainerError(`${error.message.replace(/^error: /, '').replace(/\n/g, ' ')}. See ${help}.`);
  }
  return read(new Map(Object.entries(command.opts())));
}

const engineWords = engineNames.filter((name) => name !== 'cuda').join(', ');

function defineDoctor(write: (text: string) => void): Command {
  return new Command('sparse-train doctor')
    .description(
      'Prints which engines run here and how fast, with libraries, threads and memory, to paste into a bug report.',
    )
    .helpOption('--help', 'print this')
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .option('--engine <name>', 'only this engine, and in this very process: a crash is not caught')
    .option('--threads <number>', 'the most threads that one op may use (default: all cores)')
    .option('--json', 'print JSON');
}

function doctorOf(options: Options): Request {
  const [engine, threads] = [textOf(options, 'engine'), threadsOf(options)];
  return { kind: 'doctor', version: readVersion(), engine, threads, json: options.has('json') };
}

function defineCommand(write: (text: string) => void): Command {
  const command = new Command('sparse-train')
    .description('Trains a sparse transformer on a text.')
    .version(readVersion(), '--version', 'print the version')
    .helpOption('--help', 'print this')
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} })
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
  command.optionsGroup?.('Fields of the configuration:');
  for (const name of fieldNames) command.option(`--${name} <value>`);
  return command;
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

function requestOf(options: Options): Request {
  if (options.has('resume')) return resumeOf(options);
  const name = required(options, 'config');
  const config = overridden(name, options);
  if (options.has('printConfig')) return { kind: 'text', text: `${JSON.stringify(config, null, 2)}\n` };
  const run = {
    name,
    config,
    data: required(options, 'data'),
    seed: numberOf(options, 'seed') ?? 1,
    engine: textOf(options, 'engine') ?? 'auto',
    threads: threadsOf(options),
  };
  if (options.has('dryRun')) return { kind: 'dry-run', run };
  return { kind: 'start', run, folder: required(options, 'out'), maxMinutes: maxMinutesOf(options) };
}

function resumeOf(options: Options): Request {
  const allowed = ['resume', 'data', 'engine', 'threads', 'maxMinutes'];
  const other = [...options.keys()].find((name) => !allowed.includes(name));
  if (other !== undefined) {
    throw new TrainerError(
      `--resume goes on with the run's own configuration, so --${other} can't be given with it. Begin a new run with --config and --out.`,
    );
  }
  return {
    kind: 'resume',
    folder: required(options, 'resume'),
    data: textOf(options, 'data'),
    engine: textOf(options, 'engine'),
    threads: threadsOf(options),
    maxMinutes: maxMinutesOf(options),
  };
}

/** The named configuration with the fields that the command line sets. */
function overridden(name: string, options: Options): RunConfig {
  const config = structuredClone(configNamed(name));
  const sections = new Map<string, Record<string, unknown>>(Object.entries(config));
  if (options.has('steps') && options.has('training.steps')) {
    throw new TrainerError('--steps and --training.steps are the same; give one of them.');
  }
  const settings = [...options].map(
    ([key, value]) => [key === 'steps' ? 'training.steps' : key, value] as const,
  );
  for (const [field, value] of settings) {
    if (!fieldNames.includes(field)) continue;
    const [section, key] = field.split('.') as [string, string];
    Object.assign(sections.get(section) ?? {}, { [key]: parsedValue(String(value)) });
  }
  return parseRunConfig(`--config ${name} with these options`, config);
}

/** A number, a JSON value, or else a word. */
function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textOf(options: Options, name: string): string | undefined {
  const value = options.get(name);
  return value === undefined ? undefined : String(value);
}

function required(options: Options, name: string): string {
  const value = textOf(options, name);
  if (value !== undefined && value !== '') return value;
  throw new TrainerError(
    `--${name} is missing. For example: sparse-train --config tiny-text --data text.txt --out runs/a`,
  );
}

function numberOf(options: Options, name: string): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const value = parsedValue(text);
  if (typeof value === 'number') return value;
  throw new TrainerError(`--${name} must be a number; got ${show(text)}.`);
}

function threadsOf(options: Options): number | undefined {
  const value = numberOf(options, 'threads');
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return value;
  throw new TrainerError(`--threads must be a whole number from 1; got ${value}.`);
}

function maxMinutesOf(options: Options): number | undefined {
  const value = numberOf(options, 'maxMinutes');
  if (value === undefined || value > 0) return value;
  throw new TrainerError(`--max-minutes must be above 0; got ${value}.`);
}
