/** Configurations of the user's own: YAML or JSON, whole or `from` another one. What `--print-config` writes is one. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, YAMLError } from 'yaml';
import { fieldNames, setFields, unknownField } from '../configuration/index.ts';
import { show, TrainerError } from '../messages/index.ts';
import { configNamed } from './named.ts';

/** A configuration is some kilobytes. */
const mostBytes = 2 ** 20;

/** Files that stand behind each other. */
const mostFiles = 8;

/**
 * The configuration that `--config` names, not yet checked: one of ours, or a file, which has a `/` in its name or ends in `.json`, `.yaml` or
 * `.yml`.
 *
 * @throws TrainerError that names the file
 */
export function configGiven(name: string): object {
  return isFile(name) ? readConfigFile(name, 0) : structuredClone(configNamed(name));
}

function isFile(name: string): boolean {
  return /[/\\]|\.(json|ya?ml)$/i.test(name);
}

function readConfigFile(path: string, before: number): object {
  const refuse = (what: string): never => {
    throw new TrainerError(`--config ${path}: ${what}`);
  };
  if (before > mostFiles)
    refuse(`more than ${mostFiles} files stand behind each other by \`from\`; is one its own?`);
  const content = parsed(path, textOf(path));
  if (!isObject(content)) return refuse(`a configuration must be an object of fields; got ${show(content)}.`);
  const { from, ...fields } = content;
  if (from === undefined) return fields;
  if (typeof from !== 'string')
    return refuse(`from must be the name of a configuration or a file; got ${show(from)}.`);
  const config = isFile(from)
    ? readConfigFile(resolve(dirname(path), from), before + 1)
    : structuredClone(configNamed(from, `--config ${path}: from`));
  setFields(config, new Map(settingsIn('', fields, path)));
  return config;
}

function textOf(path: string): string {
  try {
    // To open a pipe is otherwise to wait for its writer.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const about = fstatSync(file);
      if (!about.isFile()) throw new Error('it is no file');
      if (about.size > mostBytes)
        throw new Error(`it has ${about.size} bytes, and a configuration at most ${mostBytes}`);
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new TrainerError(`--config ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** JSON is YAML, too. Few aliases are followed: a file may come from anywhere. */
function parsed(path: string, text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100, version: '1.2', logLevel: 'error' });
  } catch (error) {
    if (!(error instanceof YAMLError || error instanceof ReferenceError)) throw error;
    throw new TrainerError(`--config ${path}: it is neither JSON nor YAML: ${error.message.trim()}`, {
      cause: error,
    });
  }
}

/** The fields that an object sets, by their names; a list, or an object that is no section, is one value. */
function settingsIn(
  path: string,
  fields: Readonly<Record<string, unknown>>,
  file: string,
): [string, unknown][] {
  return Object.entries(fields).flatMap(([key, value]) => {
    const name = path === '' ? key : `${path}.${key}`;
    const hasFields = fieldNames.some((field) => field.startsWith(`${name}.`));
    if (!hasFields && !fieldNames.includes(name))
      throw new TrainerError(`--config ${file}: ${unknownField(path, key)}`);
    return hasFields && isObject(value) ? settingsIn(name, value, file) : [[name, value]];
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
