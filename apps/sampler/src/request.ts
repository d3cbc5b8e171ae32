/** What the command line asks for. */
import { readFileSync } from 'node:fs';
import { type EngineName, engineNames } from '@sparse-transformers/engines';
import { Command, CommanderError } from 'commander';
import { SamplerError } from './sampler-error.ts';

/** What to do: print a text for people, or sample. */
export type Request =
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'sample' } & SampleRequest);

/** A sampling that is asked for. */
export interface SampleRequest {
  /** Folder of a run or a checkpoint. */
  readonly run: string;
  /** The text to go on with; `-` for standard input. */
  readonly prompt: string;
  /** New tokens; undefined: 200, or as many as the model has room for. */
  readonly tokens: number | undefined;
  /** How many texts. */
  readonly samples: number;
  /** As in `generate`. */
  readonly temperature: number;
  /** As in `generate`. */
  readonly topK: number | undefined;
  /** As in `generate`. */
  readonly seed: number;
  /** Where to compute. */
  readonly engine: EngineName;
  /** The most threads that one op may use; undefined: all cores. */
  readonly threads: number | undefined;
}

const examples = `
Examples:
  sparse-sample runs/a --prompt "ROMEO:"
  sparse-sample runs/a --prompt "ROMEO:" --tokens 200 --temperature 0.8 --top-k 40 --seed 1
  sparse-sample runs/a --prompt "ROMEO:" --temperature 0          the likeliest text
  sparse-sample runs/a/checkpoints/step-000000300 --prompt "A"    an older checkpoint
  sparse-sample runs/a --prompt - --samples 3 < beginning.txt

The text goes to standard output, prompt first; with --samples, a line --- stands between two texts. All else goes to
standard error. The same seed gives the same text on the same engine.`;

/**
 * Reads the arguments (without node and script).
 *
 * @throws SamplerError that names the option
 */
export function readRequest(args: readonly string[]): Request {
  const written: string[] = [];
  const command = defineCommand((text) => written.push(text));
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text: written.join('') };
    const message = error.message.replace(/^error: /, '').replace(/\n/g, ' ');
    throw new SamplerError(`${message}. See sparse-sample --help.`);
  }
  return { kind: 'sample', run: command.args[0]!, ...readOptions(new Map(Object.entries(command.opts()))) };
}

function defineCommand(write: (text: string) => void): Command {
  return new Command('sparse-sample')
    .description('Goes on with a text, token by token, with a model that sparse-train trained.')
    .version(readVersion(), '--version', 'print the version')
    .helpOption('--help', 'print this')
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .argument('<run>', "a run's folder (its newest checkpoint is taken), or a checkpoint's")
    .requiredOption('--prompt <text>', 'the text to go on with; - reads it from standard input, as it is')
    .option('--tokens <number>', 'how many new tokens (default: 200, or as many as the model has room for)')
    .option('--temperature <number>', 'below 1 the likely grow likelier; 0 takes the likeliest', '1')
    .option('--top-k <number>', 'choose from so many of the likeliest tokens (default: from all)')
    .option('--seed <number>', 'another seed, another text', '1')
    .option('--samples <number>', 'how many texts', '1')
    .option('--engine <name>', `one of ${engineNames.filter((name) => name !== 'cuda').join(', ')}`, 'auto')
    .option('--threads <number>', 'the most threads that one op may use (default: all cores)')
    .addHelpText('after', examples);
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

function readOptions(options: ReadonlyMap<string, string>): Omit<SampleRequest, 'run'> {
  const whole = (name: string, option: string, least: number, most = Number.MAX_SAFE_INTEGER) => {
    const text = options.get(name);
    return text === undefined ? undefined : readWhole(option, text, least, most);
  };
  return {
    prompt: options.get('prompt')!,
    tokens: whole('tokens', '--tokens', 1),
    temperature: readTemperature(options.get('temperature')!),
    topK: whole('topK', '--top-k', 1),
    seed: whole('seed', '--seed', 0)!,
    samples: whole('samples', '--samples', 1, 2 ** 32)!,
    engine: readEngine(options.get('engine')!),
    threads: whole('threads', '--threads', 1),
  };
}

function readWhole(option: string, text: string, least: number, most: number): number {
  const value = readNumber(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const example = Math.max(1, least);
  throw new SamplerError(
    `${option} must be a whole number from ${least} to ${most}, such as ${example}, but is ${show(text)}.`,
  );
}

function readTemperature(text: string): number {
  const value = readNumber(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new SamplerError(
    `--temperature must be a number from 0 (the likeliest text) up, such as 0.8, but is ${show(text)}.`,
  );
}

/** Number() takes an empty text for 0. */
function readNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function readEngine(text: string): EngineName {
  const name = engineNames.find((known) => known === text);
  if (name !== undefined) return name;
  throw new SamplerError(`--engine must be one of ${engineNames.join(', ')}, but is ${show(text)}.`);
}

function show(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
