/** The data of a run: one dataset cut into splits, or a second one for validation. */
import {
  openTextDataset,
  type SkippedItem,
  type TokenDataset,
  type TokenSplit,
} from '@sparse-transformers/datasets';
import type { AnyTokenizer, Tokenizer } from '@sparse-transformers/tokenizers';
import type { DataConfig } from './run-config.ts';
import { TrainerError } from './trainer-error.ts';

/** Where the data lies: files, folders or globs. */
export interface DataPlaces {
  /** What is trained on. */
  readonly data: readonly string[];
  /** What is validated on; null to take a share of `data`. */
  readonly valid: readonly string[] | null;
}

/** A part of the data. */
export type SplitName = 'train' | 'valid' | 'test';

/** Open data. */
export interface RunData {
  /** What was opened, for messages. */
  readonly path: string;
  /** What made the tokens. */
  readonly tokenizer: AnyTokenizer;
  /** Tokens in all. */
  readonly tokens: number;
  /** What tells the data from other data; kept by the run. */
  readonly fingerprint: unknown;
  /** What was left out by choice. */
  readonly skipped: readonly SkippedItem[];
  /**
   * A part.
   *
   * @throws TrainerError if there is no such part
   */
  split(name: SplitName): TokenSplit;
  /** Closes all files. */
  close(): Promise<void>;
}

/**
 * Opens the data of a run.
 *
 * @param tokenizer the run's own when it goes on, so that an alphabet stays
 * @throws DatasetError, naming the file, or TrainerError; nothing stays open then
 */
export async function openRunData(
  { data, valid }: DataPlaces,
  config: DataConfig,
  tokenizer?: AnyTokenizer,
): Promise<RunData> {
  checkShares(config, valid);
  const main = await open(data, config, sharesOf(config, valid !== null), tokenizer);
  if (valid === null) return dataOf(main, null);
  try {
    return dataOf(main, await open(valid, config, { valid: 1 }, main.tokenizer));
  } catch (error) {
    await main.close();
    throw error;
  }
}

/**
 * Refuses data other than what a run began with, before anything is made of it: changed text might also have another alphabet, which
 * would be a puzzling thing to be told.
 *
 * @throws DatasetError that names the file
 */
export async function verifyRunData(
  { data, valid }: DataPlaces,
  config: DataConfig,
  fingerprint: unknown,
): Promise<void> {
  const plain: DataConfig = config.kind === 'text' ? { ...config, tokenizer: 'bytes' } : config;
  const saved = new Map<string, unknown>(Object.entries(Object(fingerprint)));
  for (const [name, places] of [
    ['data', data],
    ['valid', valid],
  ] as const) {
    if (places === null) continue;
    const dataset = await open(places, plain, { all: 1 });
    try {
      dataset.verify(saved.get(name));
    } finally {
      await dataset.close();
    }
  }
}

async function open(
  paths: readonly string[],
  config: DataConfig,
  split: Readonly<Record<string, number>>,
  tokenizer?: AnyTokenizer,
): Promise<TokenDataset> {
  switch (config.kind) {
    case 'text': {
      const own = tokenizer !== undefined && isOfText(tokenizer) ? tokenizer : config.tokenizer;
      return { record: null, skipped: [], ...(await openTextDataset(paths[0]!, { tokenizer: own, split })) };
    }
    default:
      throw new TrainerError(`data.kind: ${config.kind} can't be read yet.`);
  }
}

function isOfText(tokenizer: AnyTokenizer): tokenizer is Tokenizer {
  return tokenizer.kind === 'bytes' || tokenizer.kind === 'characters';
}

function checkShares({ validShare }: DataConfig, valid: readonly string[] | null): void {
  if (validShare > 0 || valid !== null) return;
  throw new TrainerError(
    'data.validShare must be above 0 where no data for validation is given; got 0. Pass --data.validShare or --valid.',
  );
}

/** Shares of nothing are left out. */
function sharesOf({ validShare, testShare }: DataConfig, hasValid: boolean): Record<string, number> {
  const valid = hasValid ? 0 : validShare;
  const shares = { train: 1 - valid - testShare, valid, test: testShare };
  return Object.fromEntries(Object.entries(shares).filter(([, share]) => share > 0));
}

function dataOf(main: TokenDataset, valid: TokenDataset | null): RunData {
  const own = valid === null ? [main] : [main, valid];
  return {
    path: own.map(({ path }) => path).join(', '),
    tokenizer: main.tokenizer,
    tokens: own.reduce((sum, { tokens }) => sum + tokens, 0),
    fingerprint: { data: main.fingerprint, ...(valid && { valid: valid.fingerprint }) },
    skipped: own.flatMap(({ skipped }) => skipped),
    split(name) {
      const dataset = name === 'valid' && valid !== null ? valid : main;
      if (dataset.splits.some((split) => split.name === name)) return dataset.split(name);
      throw new TrainerError(
        `${dataset.path}: this run has no data for ${name === 'test' ? 'testing' : name}; ` +
          `set --data.${name}Share when a run begins.`,
      );
    },
    async close() {
      for (const dataset of own) await dataset.close();
    },
  };
}
