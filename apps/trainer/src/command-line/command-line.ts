/** Options and words of a command line, read with messages that name the option. */
import { engineNames } from '@sparse-transformers/engines';
import { Command, CommanderError } from 'commander';
import { show, TrainerError } from '../messages/index.ts';
import type { Subcommand } from './command.ts';

/** The engines that an option may name, in words. */
export const engineWords = engineNames.filter((name) => name !== 'cuda').join(', ');

/** What was given to one subcommand. */
export class CommandLine {
  /** Words that are no options, in order. */
  readonly words: readonly string[];
  readonly #options: ReadonlyMap<string, unknown>;

  constructor(words: readonly string[], options: ReadonlyMap<string, unknown>) {
    this.words = words;
    this.#options = options;
  }

  /** The names of all options that were given, in camel case. */
  get names(): string[] {
    return [...this.#options.keys()];
  }

  /** Whether an option was given. */
  has(name: string): boolean {
    return this.#options.has(name);
  }

  /** The text of an option. */
  text(name: string): string | undefined {
    const value = this.#options.get(name);
    return value === undefined ? undefined : String(value);
  }

  /** The text of an option that may come again and again, or with several values. */
  texts(name: string): string[] {
    const value = this.#options.get(name);
    return value === undefined ? [] : [value].flat().map(String);
  }

  /**
   * The text of an option that must be there.
   *
   * @throws TrainerError with an example
   */
  required(name: string, example: string): string {
    const value = this.text(name);
    if (value !== undefined && value !== '') return value;
    throw new TrainerError(`--${dashed(name)} is missing. For example: ${example}`);
  }

  /** The number of an option. */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = parsedValue(text);
    if (typeof value === 'number') return value;
    throw new TrainerError(`--${dashed(name)} must be a number; got ${show(text)}.`);
  }

  /** A whole number from `least`. */
  whole(name: string, least: number): number | undefined {
    const value = this.number(name);
    if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value;
    throw new TrainerError(`--${dashed(name)} must be a whole number from ${least}; got ${value}.`);
  }

  /** A number above 0. */
  positive(name: string): number | undefined {
    const value = this.number(name);
    if (value === undefined || value > 0) return value;
    throw new TrainerError(`--${dashed(name)} must be above 0; got ${value}.`);
  }
}

/** A number, a JSON value, or else a word. */
function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The value of a field.
 *
 * @throws TrainerError for what begins as a list or an object and is no JSON
 */
export function fieldValue(option: string, text: string): unknown {
  const value = parsedValue(text);
  if (typeof value !== 'string' || !/^\s*[[{]/.test(text)) return value;
  throw new TrainerError(
    `--${dashed(option)} must be JSON where it begins with a bracket; got ${show(text)}, which is none: look at its quotes and brackets, ` +
      'and put it into single quotes for the shell.',
  );
}

/** `maxMinutes` as it is typed: `max-minutes`. */
export function dashed(name: string): string {
  return name.includes('.') ? name : name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Reads the arguments of a subcommand.
 *
 * @param title the command's name, as help and messages write it
 * @param footer what help ends with
 * @returns what was given, or the text of help or version
 * @throws TrainerError that names the option
 */
export function readCommandLine(
  subcommand: Subcommand,
  title: string,
  args: readonly string[],
  footer = '',
): CommandLine | string {
  const written: string[] = [];
  const command = new Command(title)
    .helpOption('--help', 'print this')
    .exitOverride()
    .configureOutput({ writeOut: (text) => written.push(text), writeErr: () => {} });
  subcommand.define(command);
  command.addHelpText('after', footer);
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return written.join('');
    throw new TrainerError(
      `${error.message.replace(/^error: /, '').replace(/\n/g, ' ')}. See ${title} --help.`,
    );
  }
  return new CommandLine(command.args, new Map(Object.entries(command.opts())));
}
