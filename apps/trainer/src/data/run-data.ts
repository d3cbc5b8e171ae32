/** The data of a run: one dataset cut into splits, or a second one for validation. */
import {
  DatasetError,
  type DatasetErrorReason,
  type DatasetProgress,
  type SkippedItem,
  type TokenDataset,
  type TokenSplit,
  type UsedFiles,
} from '@sparse-transformers/datasets';
import type { AnyTokenizer } from '@sparse-transformers/tokenizers';
import { type DataConfig, type DatasetOpening, kindOf } from '../data-kinds/index.ts';
import { messageOf, TrainerError } from '../messages/index.ts';

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
  /** The published data that it is, `enwik8`; null for any other. */
  readonly known: string | null;
  /** What tells the data from other data; kept by the run. */
  readonly fingerprint: unknown;
  /** How many files there are, and their bytes. */
  readonly used: UsedFiles;
  /** What is odd about files that are used all the same. */
  readonly doubts: readonly SkippedItem[];
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
  /** Where tokens made of the data are kept; null or absent for the system's folder. */
  readonly cache?: string | undefined;
}

/**
 * Opens the data of a run.
 *
 * @throws DatasetError, naming the file, or TrainerError; nothing stays open then
 */
export async function openRunData(
  { data, valid }: DataPlaces,
  config: DataConfig,
  options: OpenRunDataOptions = {},
): Promise<RunData> {
  checkShares(config, valid);
  const main = await open(data, config, sharesOf(config, valid !== null), options);
  if (valid === null) return dataOf(main, null);
  try {
    const own = { ...options, tokenizer: main.tokenizer };
    return dataOf(main, await open(valid, config, { valid: 1 }, own));
  } catch (error) {
    await main.close();
    throw error;
  }
}

/** What a refusal means for data that was there when the run began. */
const reopeningHints = new Map<DatasetErrorReason, string>([
  // Changed text may have other characters, which alone would be a puzzling thing to be told.
  [
    'unknown-character',
    'This is not the text that the run began with: put the old file back, or begin a new run.',
  ],
  [
    'missing',
    'If the data was moved, say where it lies now: --data PATHS, and --valid PATHS if the run has data of its own for validation.',
  ],
]);

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
    const hint = error instanceof DatasetError ? reopeningHints.get(error.reason) : undefined;
    throw hint === undefined ? error : new TrainerError(`${messageOf(error)}. ${hint}`, { cause: error });
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
  { tokenizer, onProgress, signal, cache }: OpenRunDataOptions,
): Promise<Opened> {
  // Datasets tell of their progress about once a mebibyte, and what that throws ends them.
  const report = (progress: DatasetProgress) => {
    signal?.throwIfAborted();
    onProgress?.(progress);
  };
  const kind = kindOf(config);
  const opening: DatasetOpening = {
    split,
    onBadInput: config.onBadInput,
    onProgress: report,
    ...(cache !== undefined && { cacheFolder: cache }),
  };
  const dataset = await kind.open(paths, config, opening, tokenizer);
  const { files, lines } = dataset.skippedCounts;
  return { ...dataset, skippedCount: files + lines, known: (await kind.known?.(dataset)) ?? null };
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

/** A dataset, how much of its files was left out, and which published data it is. */
type Opened = TokenDataset & { readonly skippedCount: number; readonly known: string | null };

function dataOf(main: Opened, valid: Opened | null): RunData {
  const own = valid === null ? [main] : [main, valid];
  return {
    path: own.map(({ path }) => path).join(', '),
    tokenizer: main.tokenizer,
    tokens: own.reduce((sum, { tokens }) => sum + tokens, 0),
    known: main.known,
    fingerprint: { data: main.fingerprint, ...(valid && { valid: valid.fingerprint }) },
    used: {
      files: own.reduce((sum, { used }) => sum + used.files, 0),
      bytes: own.reduce((sum, { used }) => sum + used.bytes, 0),
    },
    doubts: own.flatMap(({ doubts }) => doubts),
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
