/** What the command line asks for. */
import { readFileSync } from 'node:fs';
import { type EngineName, engineNames } from '@sparse-transformers/engines';
import { Command, CommanderError } from 'commander';
import { SamplerError } from './sampler-error.ts';

/** What to do: print a text for people, or sample. */
export type Request =
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'sample' } & SampleRequest);

/** A sampling that is asked for. What is undefined was not given, and depends on what the model makes. */
export interface SampleRequest extends BeginningRequest {
  /** Folder of a run, a checkpoint or an exported model; undefined: the model that comes with the program. */
  readonly run: string | undefined;
  /** New tokens. */
  readonly tokens: number | undefined;
  /** New sound, in seconds. */
  readonly seconds: number | undefined;
  /** The file to write. */
  readonly out: string | undefined;
  /** Pixels of the file for a pixel of an image, each way. */
  readonly scale: number | undefined;
  /** How many samples. */
  readonly samples: number;
  /** As in `generate`. */
  readonly temperature: number;
  /** As in `generate`. */
  readonly topK: number | undefined;
  /** As in `generate`. */
  readonly topP: number | undefined;
  /** As in `generate`. */
  readonly seed: number;
  /** Where to compute. */
  readonly engine: EngineName;
  /** The most threads that one op may use; undefined: all cores. */
  readonly threads: number | undefined;
}

/** What to go on from. */
export interface BeginningRequest {
  /** A text; `-` for standard input. */
  readonly prompt: string | undefined;
  /** A file of text, a picture or sound. */
  readonly promptFile: string | undefined;
  /** How many rows of a picture. */
  readonly promptRows: number | undefined;
  /** How many seconds of sound. */
  readonly promptSeconds: number | undefined;
  /** Where in the sound to begin, in seconds. */
  readonly promptStart: number | undefined;
}

const examples = `
Examples:
  sparse-sample                                                   Shakespeare, from the model that comes with the program
  sparse-sample runs/a --prompt "ROMEO:"
  sparse-sample runs/a --prompt "ROMEO:" --tokens 200 --temperature 0.8 --top-k 40 --top-p 0.95 --seed 1
  sparse-sample runs/a --prompt "ROMEO:" --temperature 0          the likeliest text
  sparse-sample runs/a/checkpoints/step-000000300 --prompt "A"    an older checkpoint
  sparse-sample runs/a --prompt - --samples 3 < beginning.txt
  sparse-sample runs/images --samples 16 --out grid.png           a model of images
  sparse-sample runs/images --samples 16 --scale 8 --out large.png
  sparse-sample runs/images --prompt-file half.png --samples 4 --out completed.png
  sparse-sample runs/music --seconds 2 --out music.wav            a model of sound
  sparse-sample runs/music --prompt-file second.wav --prompt-seconds 1 --out longer.wav
  sparse-sample runs/music --prompt-file song.flac --prompt-start 73.5 --out on.wav
  sparse-sample serve runs/a                                      OpenAI's completions at http://127.0.0.1; serve --help

What a model makes is known from its tokenizer. Text goes to standard output, the prompt first; with --samples, a line ---
stands between two texts. Images go to one PNG, sound to a WAV a sample. All else goes to standard error.
The same seed gives the same samples on the same engine.`;

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
    throw new SamplerError(`${message.replace(/\.$/, '')}. See sparse-sample --help.`);
  }
  return { kind: 'sample', run: command.args[0], ...readOptions(new Map(Object.entries(command.opts()))) };
}

function defineCommand(write: (text: string) => void): Command {
  return new Command('sparse-sample')
    .description(
      'Goes on with a text, an image or sound, token by token, with a model that sparse-train trained.',
    )
    .version(readVersion(), '--version', 'print the version')
    .helpOption('--help', 'print this')
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .argument(
      '[run]',
      "a run's folder (its newest checkpoint is taken), a checkpoint's, or an exported model's (default: a small model of text)",
    )
    .option('--prompt <text>', 'the text to go on with; - reads it from standard input, as it is')
    .option('--prompt-file <file>', 'a file to go on with: of text, a picture, or sound')
    .option('--prompt-rows <number>', 'how many rows of the picture to go on with (default: the upper half)')
    .option(
      '--prompt-seconds <number>',
      'how much of the sound to go on with (default: 1, or half of what the model sees)',
    )
    .option(
      '--prompt-start <seconds>',
      'where in the file of sound to begin, in seconds (default: 0, its beginning)',
    )
    .option(
      '--tokens <number>',
      'how many new tokens (default: for text 200, or as many as the model has room for)',
    )
    .option('--seconds <number>', 'how much new sound (default: 1, or as much as the model has room for)')
    .option('--out <file>', 'the .png or .wav to write')
    .option('--scale <number>', 'enlarge images so many times, each pixel to a square (default: 1)')
    .option('--samples <number>', 'how many samples', '1')
    .option('--temperature <number>', 'below 1 the likely grow likelier; 0 takes the likeliest', '1')
    .option('--top-k <number>', 'choose from so many of the likeliest tokens (default: from all)')
    .option(
      '--top-p <number>',
      'choose from the likeliest tokens that together are so likely (default: 1, from all)',
    )
    .option('--seed <number>', 'another seed, another sample', '1')
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

/** The most samples of one call. */
const mostSamples = 65_536;
/** The most pixels that one of an image becomes, each way. */
const mostScale = 256;
/** Seconds, more than any model sees. */
const mostSeconds = 86_400;

function readOptions(options: ReadonlyMap<string, string>): Omit<SampleRequest, 'run'> {
  const whole = (name: string, option: string, least: number, most = Number.MAX_SAFE_INTEGER) => {
    const text = options.get(name);
    return text === undefined ? undefined : readWhole(option, text, least, most);
  };
  const amount = (name: string, option: string, most: number, example: string) => {
    const text = options.get(name);
    return text === undefined ? undefined : readAmount(option, text, most, example);
  };
  return {
    prompt: options.get('prompt'),
    promptFile: options.get('promptFile'),
    promptRows: whole('promptRows', '--prompt-rows', 1),
    promptSeconds: amount('promptSeconds', '--prompt-seconds', mostSeconds, '1'),
    promptStart: readStart(options.get('promptStart')),
    tokens: whole('tokens', '--tokens', 1),
    seconds: amount('seconds', '--seconds', mostSeconds, '2.5'),
    out: options.get('out'),
    scale: whole('scale', '--scale', 1, mostScale),
    samples: whole('samples', '--samples', 1, mostSamples)!,
    temperature: readTemperature(options.get('temperature')!),
    topK: whole('topK', '--top-k', 1),
    topP: amount('topP', '--top-p', 1, '0.95'),
    seed: whole('seed', '--seed', 0)!,
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

/** A number above 0. */
function readAmount(option: string, text: string, most: number, example: string): number {
  const value = readNumber(text);
  if (value > 0 && value <= most) return value;
  throw new SamplerError(
    `${option} must be a number above 0, at most ${most}, such as ${example}, but is ${show(text)}.`,
  );
}

function readStart(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = readNumber(text);
  if (value >= 0 && value <= mostSeconds) return value;
  throw new SamplerError(
    `--prompt-start must be a number of seconds from 0 (the beginning of the file) to ${mostSeconds}, such as 73.5, but is ${show(text)}.`,
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
  throw new SamplerError(
    `--engine must be one of ${engineNames.filter((known) => known !== 'cuda').join(', ')}, but is ${show(text)}.`,
  );
}

function show(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
