/** What the command line of `sparse-sample serve` asks for. */
import { isIPv6 } from 'node:net';
import { basename, resolve } from 'node:path';
import { type EngineName, engineNames } from '@sparse-transformers/engines';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { SamplerError } from '../sampler-error.ts';
import { bundledModel } from '../saved-model.ts';

/** What to serve, where, and how much of it. */
export interface ServeOptions {
  /** Folder of a run, a checkpoint or an exported model. */
  readonly run: string;
  /** The model's name in the API. */
  readonly name: string;
  /** The address to listen at. */
  readonly host: string;
  /** The port; 0: any that is free. */
  readonly port: number;
  /** Where to compute. */
  readonly engine: EngineName;
  /** The most threads that one op may use; undefined: all cores. */
  readonly threads: number | undefined;
  /** The most completions that run at once. */
  readonly batch: number;
  /** The most requests that wait. */
  readonly queue: number;
  /** The most new tokens of one completion; undefined: as many as there is room for. */
  readonly maxTokens: number | undefined;
  /** The most bytes of a body. */
  readonly maxBody: number;
  /** Seconds that a request may take. */
  readonly deadline: number;
  /** Seconds that the model's process may say nothing before it counts as stalled. */
  readonly stall: number;
  /** Seconds that running requests have after a signal. */
  readonly grace: number;
  /** Names in a Host header besides those of loopback. */
  readonly allowedHosts: readonly string[];
  /** Origins of pages that may ask. */
  readonly allowedOrigins: readonly string[];
  /** A file with the key that clients must send. */
  readonly apiKeyFile: string | undefined;
  /** True: nothing is logged of requests. */
  readonly quiet: boolean;
}

const examples = `
Examples:
  sparse-sample serve runs/a
  sparse-sample serve runs/a --port 0 --engine native --batch 32      prints the port that it found
  sparse-sample serve runs/a --host 0.0.0.0 --allowed-host example.org --api-key-file key.txt

  curl http://127.0.0.1:8080/v1/completions -H "Content-Type: application/json" \\
    -d '{"model": "a", "prompt": "ROMEO:", "max_tokens": 100, "temperature": 0.8, "stream": true}'

  import OpenAI from 'openai';
  const client = new OpenAI({ baseURL: 'http://127.0.0.1:8080/v1', apiKey: 'any, if the server has none' });
  const completion = await client.completions.create({ model: 'a', prompt: 'ROMEO:', max_tokens: 100 });

The key that clients must send is read from --api-key-file, or from the environment's SPARSE_API_KEY; without either none is
needed, and only loopback addresses can be listened at. The model's name is that of the run's folder. The address goes to standard output,
all else to standard error: a line of JSON a request, without prompts or texts. SIGINT and SIGTERM let running requests finish;
a second one ends at once.`;

/**
 * Reads the arguments after `serve`; gives the text to print instead if help is asked for.
 *
 * @throws SamplerError that names the option
 */
export function readServeOptions(args: readonly string[]): ServeOptions | string {
  const written: string[] = [];
  const command = defineCommand((text) => written.push(text));
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return written.join('');
    const message = error.message.replace(/^error: /, '').replace(/\n/g, ' ');
    throw new SamplerError(`${message}. See sparse-sample serve --help.`);
  }
  const run = command.args[0] ?? bundledModel;
  const { allowedHost, allowedOrigin, name, ...options } = checkOptions(command.opts());
  return {
    run,
    name: name ?? basename(resolve(run)),
    allowedHosts: allowedHost,
    allowedOrigins: allowedOrigin,
    ...options,
  };
}

function defineCommand(write: (text: string) => void): Command {
  const collect = (value: string, before: string[]) => [...before, value];
  const engines = engineNames.filter((name) => name !== 'cuda').join(', ');
  return new Command('sparse-sample serve')
    .description("Serves a text model over HTTP, in the form of OpenAI's completions API.")
    .helpOption('--help', 'print this')
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .argument(
      '[run]',
      "a run's folder (its newest checkpoint is taken), a checkpoint's, or an exported model's (default: a small model of text)",
    )
    .option('--name <name>', "the model's name in the API (default: that of the folder)")
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <number>', 'the port; 0 takes any that is free', '8080')
    .option('--engine <name>', `one of ${engines}`, 'auto')
    .option('--threads <number>', 'the most threads that one op may use (default: all cores)')
    .option('--batch <number>', 'the most completions that are decoded at once', '16')
    .option('--queue <number>', 'the most requests that wait; more are refused', '64')
    .option(
      '--max-tokens <number>',
      'the most new tokens of a completion (default: as many as there is room for)',
    )
    .option('--max-body <bytes>', "the most bytes of a request's body", '1048576')
    .option('--deadline <seconds>', 'how long a request may take', '300')
    .option(
      '--stall <seconds>',
      'how long the model may say nothing before /healthz calls it stalled; at most half the deadline',
      '30',
    )
    .option('--grace <seconds>', 'how long running requests may go on after a signal', '30')
    .option(
      '--allowed-host <name>',
      'a name that this server is asked by, besides loopback; repeatable',
      collect,
      [],
    )
    .option(
      '--allowed-origin <origin>',
      'pages that may ask, such as https://example.org; repeatable',
      collect,
      [],
    )
    .option('--api-key-file <path>', 'a file with the key that clients must send')
    .option('--quiet', 'log no requests', false)
    .addHelpText('after', examples);
}

/** A number that is written so, and what to say of any other text. */
const whole = (least: number, most: number) =>
  z
    .string()
    .refine((text) => /^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most, {
      message: `a whole number from ${least} to ${most}`,
    })
    .transform(Number);

/** A text that is as it should be, and what to say of any other. */
const text = (expected: string, isRight: (value: string) => boolean) =>
  z.string().refine(isRight, { message: expected });

const longestDelay = 2_000_000;
const isThere = (value: string) => value !== '';
const engines = engineNames.filter((name) => name !== 'cuda');

/** Each message ends the sentence `--option: expected …`: a validator's own words are made for programmers. */
const schema = z.object({
  name: text('a name of a letter at least', isThere).optional(),
  host: text('a name or an address', isThere),
  port: whole(0, 65_535),
  engine: z.enum(engineNames, { error: `one of ${engines.join(', ')}` }),
  threads: whole(1, 4096).optional(),
  batch: whole(1, 1024),
  queue: whole(1, 65_536),
  maxTokens: whole(1, 2 ** 31 - 1).optional(),
  maxBody: whole(1, 2 ** 28),
  deadline: whole(1, longestDelay),
  stall: whole(1, longestDelay),
  grace: whole(0, longestDelay),
  allowedHost: z.array(
    text('a name or an address, without a port', (value) => /^(\[[\da-f:.]+\]|[^\s/:]+)$/i.test(value)),
  ),
  allowedOrigin: z.array(text('an origin, such as https://example.org or http://localhost:3000', isOrigin)),
  apiKeyFile: text('the path of a file', isThere).optional(),
  quiet: z.boolean(),
});

function checkOptions(options: unknown) {
  const parsed = schema.safeParse(options, { reportInput: true });
  if (!parsed.success) {
    const { path, message, input } = parsed.error.issues[0]!;
    const option = String(path[0]).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new SamplerError(
      `--${option}: expected ${message}, but ${JSON.stringify(input)} came. See sparse-sample serve --help.`,
    );
  }
  const { threads, maxTokens, apiKeyFile, ...others } = parsed.data;
  return { ...others, threads, maxTokens, apiKeyFile };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** A host as it stands in a URL and in a Host header. */
export function hostInUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
