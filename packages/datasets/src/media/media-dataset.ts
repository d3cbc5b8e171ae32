// What opening images and sound have in common.

import type { AnyTokenizer } from '@sparse-transformers/tokenizers';
import { splitRanges, type TokenSplit } from '../batches/index.ts';
import { findFiles, verifyFingerprint } from '../files/index.ts';
import {
  type BadInputPolicy,
  checkWholeNumber,
  DatasetError,
  Skips,
  show,
  wrongArgument,
} from '../refusals/index.ts';
import { defaultCacheFolder } from '../shards/index.ts';
import type { DatasetProgress, TokenDataset } from '../token-dataset.ts';
import {
  lookAtFiles,
  type MediaDecoding,
  type MediaFile,
  type MediaTokens,
  openMediaShards,
} from './media-shards.ts';
import { mediaSplits } from './media-splits.ts';

/** Options that images and sound have in common. */
export interface MediaOptions {
  /**
   * Names and ratios of the splits, each above 0, together 1. Images and recordings are dealt out, so that every folder and every stretch of
   * files has its share of each split. Default: `{ train: 0.9, valid: 0.1 }`.
   */
  readonly split?: Readonly<Record<string, number>>;
  /** Decides which images or recordings go to which split: a whole number from 0 to 2⁵³ - 1. Default: 0. */
  readonly splitSeed?: number;
  /** What becomes of files that cannot be used: the first one ends the opening, or all are left out and named. Default: `refuse`. */
  readonly onBadInput?: BadInputPolicy;
  /** The folder for the tokens; made if missing. Default: {@link defaultCacheFolder}. */
  readonly cacheFolder?: string;
  /** Called after each piece of a file that tokens are made of. What it throws ends the opening. */
  readonly onProgress?: (progress: DatasetProgress) => void;
}

/** What differs from kind to kind. */
interface MediaKind<T extends AnyTokenizer, R extends number | null> {
  /** The function that users call, for messages. */
  readonly operation: string;
  readonly tokenizer: T;
  readonly record: R;
  /** The ends of names that folders give files by. */
  readonly extensions: readonly string[];
  readonly decodingOf: (files: readonly MediaFile[]) => Promise<MediaDecoding>;
}

/** A dataset of one kind of tokenizer, in records or not. */
type MediaDataset<T, R> = TokenDataset & { readonly tokenizer: T; readonly record: R };

/** Opens files as a dataset of tokens, decoded once into the cache. */
export async function openMedia<T extends AnyTokenizer, R extends number | null>(
  paths: string | readonly string[],
  options: MediaOptions,
  media: MediaKind<T, R>,
): Promise<MediaDataset<T, R>> {
  const { split = { train: 0.9, valid: 0.1 }, splitSeed = 0, cacheFolder = defaultCacheFolder() } = options;
  checkWholeNumber(media.operation, 'splitSeed', splitSeed, 0, Number.MAX_SAFE_INTEGER);
  splitRanges(0, split, media.operation); // Refused before a long read, not after it.
  const skips = new Skips(checkPolicy(media.operation, options.onBadInput));
  const named = typeof paths === 'string' ? [paths] : paths;
  const files = await lookAtFiles(await chooseFiles(named, media.extensions, skips), skips);
  const decoding = await media.decodingOf(files);
  const recipe = [media.tokenizer, decoding.recipe];
  const report = (done: number, total: number) => options.onProgress?.({ step: 'tokenising', done, total });
  const tokens = await openMediaShards(files, { ...decoding, recipe }, { cacheFolder, skips, report });
  try {
    if (tokens.fingerprint.bytes === 0) throw nothing(media.operation, named, skips);
    const path = named.join(', ');
    return datasetOf(
      path,
      media,
      tokens,
      skips,
      mediaSplits(tokens, { path, split, splitSeed, record: media.record }),
    );
  } catch (error) {
    await tokens.close();
    throw error;
  }
}

function checkPolicy(operation: string, policy: unknown = 'refuse'): BadInputPolicy {
  if (policy === 'refuse' || policy === 'skip') return policy;
  const wayOut = 'pass one of them';
  throw wrongArgument(operation, 'onBadInput', { expected: '"refuse" or "skip"', came: policy, wayOut });
}

/** The files of all paths. Folders hold other things too, such as lists and notes: these are left out, and named. */
async function chooseFiles(
  paths: readonly string[],
  extensions: readonly string[],
  skips: Skips,
): Promise<string[]> {
  const chosen: string[] = [];
  for (const path of paths) {
    const onBad = (error: DatasetError, where: string): void => skips.note(error, where);
    const found = await findFiles([path], { extensions: [''], onBad });
    for (const file of found) {
      const isWanted = file === path || extensions.some((end) => file.toLowerCase().endsWith(end));
      if (isWanted) chosen.push(file);
      else skips.add({ path: file, reason: `its name does not end in ${extensions.join(' ')}` });
    }
  }
  return chosen;
}

function nothing(operation: string, paths: readonly string[], { items, counts }: Skips): DatasetError {
  const [first] = items;
  const { files } = counts;
  const example = first === undefined ? '' : `, such as ${first.path}: ${first.reason}`;
  const fact =
    `expected files that can be used in ${paths.join(', ')}, got none: ` +
    `${files === 1 ? '1 was' : `${files} were`} left out${example}`;
  return new DatasetError('empty', { operation, fact, ways: ['check the files'] });
}

function datasetOf<T extends AnyTokenizer, R extends number | null>(
  path: string,
  { tokenizer, record }: MediaKind<T, R>,
  tokens: MediaTokens,
  skips: Skips,
  splits: readonly TokenSplit[],
): MediaDataset<T, R> {
  const { fingerprint } = tokens;
  return {
    path,
    tokenizer,
    record,
    tokens: fingerprint.bytes,
    fingerprint,
    used: tokens.used,
    skipped: skips.items,
    skippedCounts: skips.counts,
    doubts: [],
    splits,
    split: (name) => findSplit(path, splits, name),
    verify: (expected) => verifyFingerprint(path, expected, fingerprint),
    close: () => tokens.close(),
  };
}

function findSplit(path: string, splits: readonly TokenSplit[], name: string): TokenSplit {
  const found = splits.find((split) => split.name === name);
  if (found !== undefined) return found;
  const known = splits.map((split) => show(split.name)).join(', ');
  throw new DatasetError(
    'argument',
    `split of ${path}: expected one of ${known}, got ${show(name)}; name one of them`,
  );
}
