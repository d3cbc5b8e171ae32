/** What to run, read from environment variables: the same for `pnpm bench paper` and for the bundle. */
import { availableParallelism } from 'node:os';
import { type EngineName, engineNames } from '@sparse-transformers/engines';

const dataNames = ['text', 'images'] as const;
const patternNames = ['dense', 'fixed', 'strided'] as const;
const sizeNames = ['small', 'trial'] as const;
export type DataName = (typeof dataNames)[number];
export type PatternName = (typeof patternNames)[number];
export type SizeName = (typeof sizeNames)[number];

/** One run: what a process is told, as JSON. */
export interface RunSettings {
  readonly data: DataName;
  readonly pattern: PatternName;
  readonly seed: number;
  /** Files: text of any bytes; or records of CIFAR-10's binary version. `.gz` is unpacked. */
  readonly train: readonly string[];
  /** Nothing: the last part of the training data is held back. */
  readonly valid: readonly string[];
  readonly size: SizeName;
  /** Nothing: as many as the size has. */
  readonly steps: number | null;
  readonly engine: EngineName;
  readonly threads: number;
  /** The file that gets one line of JSON for each thing measured. */
  readonly output: string;
}

/** All runs, and how many of them at once. */
export interface Settings {
  readonly runs: readonly RunSettings[];
  readonly sideBySide: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error that names the variable */
export function readSettings(env: Environment): Settings {
  const threads = count(env, 'PAPER_THREADS', Math.min(4, availableParallelism()));
  const files = {
    text: { train: list(env, 'PAPER_TEXT'), valid: list(env, 'PAPER_TEXT_VALID') },
    images: { train: list(env, 'PAPER_IMAGES'), valid: list(env, 'PAPER_IMAGES_VALID') },
  };
  const shared = {
    size: choice('PAPER_SIZE', env['PAPER_SIZE'] || 'small', sizeNames),
    steps: env['PAPER_STEPS'] ? count(env, 'PAPER_STEPS', 1) : null,
    engine: choice('PAPER_ENGINE', env['PAPER_ENGINE'] || 'native', engineNames),
    threads,
  };
  const output = env['OUT'] || '.';
  const seeds = list(env, 'PAPER_SEEDS', '1').map((seed) => whole('PAPER_SEEDS', seed, 0));
  const names = list(env, 'PAPER_RUNS').map(parseName);
  const wanted = names.length > 0 ? names : allNames().filter(({ data }) => files[data].train.length > 0);
  if (wanted.length === 0) throw new Error('PAPER_TEXT and PAPER_IMAGES: name files of at least one of them');
  const runs = seeds.flatMap((seed) =>
    wanted.map(({ data, pattern }): RunSettings => {
      if (files[data].train.length === 0) throw new Error(`PAPER_${data.toUpperCase()}: name its files`);
      const lines = `${output}/${data}-${pattern}-seed${seed}.jsonl`;
      return { data, pattern, seed, ...files[data], ...shared, output: lines };
    }),
  );
  const most = Math.max(1, Math.floor(availableParallelism() / threads));
  return { runs, sideBySide: count(env, 'PAPER_SIDE_BY_SIDE', most) };
}

function allNames(): { data: DataName; pattern: PatternName }[] {
  return dataNames.flatMap((data) => patternNames.map((pattern) => ({ data, pattern })));
}

/** `text-fixed`, say. */
function parseName(name: string): { data: DataName; pattern: PatternName } {
  const found = allNames().find(({ data, pattern }) => name === `${data}-${pattern}`);
  if (found) return found;
  const known = allNames().map(({ data, pattern }) => `${data}-${pattern}`);
  throw new Error(`PAPER_RUNS: expected some of ${known.join(', ')}; got ${JSON.stringify(name)}`);
}

function list(env: Environment, name: string, otherwise = ''): string[] {
  return (env[name] ?? otherwise)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function count(env: Environment, name: string, otherwise: number): number {
  return whole(name, env[name] || String(otherwise), 1);
}

function whole(name: string, text: string, smallest: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= smallest) return value;
  throw new Error(`${name}: expected whole numbers >= ${smallest}; got ${JSON.stringify(text)}`);
}

function choice<Name extends string>(variable: string, value: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  throw new Error(`${variable}: expected one of ${names.join(', ')}; got ${JSON.stringify(value)}`);
}
