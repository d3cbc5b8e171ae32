/** The data of a run: one dataset cut into splits, or a second one for validation. */
import {
  DatasetError,
  type DatasetProgress,
  knownText,
  openAudioDataset,
  openImageDataset,
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
  /** The published text that it is, `enwik8`; null for any other. */
  readonly known: string | null;
  /** What tells the data from other data; kept by the run. */
  readonly fingerprint: unknown;
  /** What was left out by choice, as far as it is listed. */
  readonly skipped: readonly SkippedItem[];
  /** How much was left out. */
  readonly skippedCount: number;
  /**
   * A part.
   *
   * @throws TrainerError if there is no such part
   */
  split(name: SplitName): TokenSplit;
  /**
   * Refuses data other than what a run began with.
   *
   * @throws DatasetError that names the file
   */
  verify(fingerprint: unknown): void;
  /** Closes all files. */
  close(): Promise<void>;
}

/** What {@link openRunData} may be told. */
export interface OpenRunDataOptions {
  /** The run's own tokenizer when it goes on, so that an alphabet stays. */
  readonly tokenizer?: AnyTokenizer | undefined;
  /** Called now and then while files are read. */
  readonly onProgress?: ((progress: DatasetProgress) => void) | undefined;
  /** Ends the opening: the signal's reason is thrown, and what was made so far is removed. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the data of a run.
 *
 * @throws DatasetError, naming the file, or TrainerError; nothing stays open then
 */
export async function openRunData(
  { data, valid }: DataPlaces,
  config: DataConfig,
  { tokenizer, onProgress, signal }: OpenRunDataOptions = {},
): Promise<RunData> {
  checkShares(config, valid);
  const main = await open(data, config, sharesOf(config, valid !== null), { tokenizer, onProgress, signal });
  if (valid === null) return dataOf(main, null);
  try {
    const own = { tokenizer: main.tokenizer, onProgress, signal };
    return dataOf(main, await open(valid, config, { valid: 1 }, own));
  } catch (error) {
    await main.close();
    throw error;
  }
}

/**
 * Opens the data that a run began with, wherever it lies now.
 *
 * @throws DatasetError that names the file for other data; nothing stays open then
 */
export async function reopenRunData(
  places: DataPlaces,
  config: DataConfig,
  fingerprint: unknown,
  options: OpenRunDataOptions,
): Promise<RunData> {
  const data = await openRunData(places, config, options).catch((error: unknown) => {
    // Changed text may have other characters, which alone would be a puzzling thing to be told.
    if (!(error instanceof DatasetError) || error.reason !== 'unknown-character') throw error;
    throw new TrainerError(
      `${error.message}. This is not the text that the run began with: put the old file back, or begin a new run.`,
      { cause: error },
    );
  });
  try {
    data.verify(fingerprint);
    return data;
  } catch (error) {
    await data.close();
    throw error;
  }
}

async function open(
  paths: readonly string[],
  config: DataConfig,
  split: Readonly<Record<string, number>>,
  { tokenizer, onProgress, signal }: OpenRunDataOptions,
): Promise<Opened> {
  // Datasets tell of their progress about once a mebibyte, and what that throws ends them.
  const report = (progress: DatasetProgress) => {
    signal?.throwIfAborted();
    onProgress?.(progress);
  };
  const shared = { split, onBadInput: config.onBadInput, onProgress: report };
  switch (config.kind) {
    case 'text': {
      const { field, newlines } = config;
      const own = tokenizer !== undefined && isOfText(tokenizer) ? tokenizer : config.tokenizer;
      const text = await openTextDataset(paths, { ...shared, tokenizer: own, field, newlines });
      const skippedCount = text.skippedCounts.files + text.skippedCounts.lines;
      return { ...text, skippedCount, known: (await knownText(text))?.name ?? null };
    }
    case 'images': {
      const { rows, columns, channels, labelBytes, splitSeed } = config;
      const options = { ...shared, rows, columns, channels, labelBytes, splitSeed };
      return counted(await openImageDataset(paths, options));
    }
    case 'audio': {
      const { sampleRate, splitSeed } = config;
      return counted(await openAudioDataset(paths, { ...shared, sampleRate, splitSeed }));
    }
  }
}

function counted(dataset: TokenDataset): Opened {
  return { ...dataset, skippedCount: dataset.skipped.length, known: null };
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

/** A dataset, how much of its files was left out, and which published text it is. */
type Opened = TokenDataset & { readonly skippedCount: number; readonly known: string | null };

function dataOf(main: Opened, valid: Opened | null): RunData {
  const own = valid === null ? [main] : [main, valid];
  return {
    path: own.map(({ path }) => path).join(', '),
    tokenizer: main.tokenizer,
    tokens: own.reduce((sum, { tokens }) => sum + tokens, 0),
    known: main.known,
    fingerprint: { data: main.fingerprint, ...(valid && { valid: valid.fingerprint }) },
    skipped: own.flatMap(({ skipped }) => skipped),
    skippedCount: own.reduce((sum, { skippedCount }) => sum + skippedCount, 0),
    split(name) {
      const dataset = name === 'valid' && valid !== null ? valid : main;
      if (dataset.splits.some((split) => split.name === name)) return dataset.split(name);
      throw new TrainerError(
        `${dataset.path}: this run has no data for ${name === 'test' ? 'testing' : name}; ` +
          `set --data.${name}Share when a run begins.`,
      );
    },
    verify(fingerprint) {
      const saved = new Map<string, unknown>(Object.entries(Object(fingerprint)));
      main.verify(saved.get('data'));
      valid?.verify(saved.get('valid'));
    },
    async close() {
      for (const dataset of own) await dataset.close();
    },
  };
}
