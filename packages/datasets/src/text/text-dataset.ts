import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { byteTokenizer, type Tokenizer } from '@sparse-transformers/tokenizers';
import { type SplitRanges, splitRanges, type TokenSplit } from '../batches/index.ts';
import {
  ChecksumRecord,
  Content,
  type Fingerprint,
  findFiles,
  type Report,
  recordedFrom,
  verifyFingerprint,
} from '../files/index.ts';
import {
  type BadInputPolicy,
  checkWholeNumber,
  DatasetError,
  type SkippedCounts,
  Skips,
  wrongArgument,
} from '../refusals/index.ts';
import { defaultCacheFolder, idsOf, tokenWidth } from '../shards/index.ts';
import type { DatasetProgress, SkippedItem, TokenDataset, UsedFiles } from '../token-dataset.ts';
import { openText, type TextRecipe } from './open-text.ts';
import { lookAtSources, type TextSource, textExtensions } from './sources.ts';
import { doubtOf } from './utf8.ts';

/** Options of {@link openTextDataset}. */
export interface TextDatasetOptions {
  /**
   * What makes tokens of the text: a tokenizer, or `bytes` for the byte tokenizer, or `characters` for one whose
   * alphabet is built from the whole text (all splits: a rare character of the last split is then no error).
   */
  readonly tokenizer: Tokenizer | 'bytes' | 'characters';
  /**
   * Names and ratios of the splits, in the order of the text; each above 0, together 1. An edge lies at
   * ⌊sum of the ratios before it × tokens⌋. Default: `{ train: 0.9, valid: 0.1 }`.
   */
  readonly split?: Readonly<Record<string, number>>;
  /**
   * Takes files of any content by their bytes, as they lie: only `.gz` and `.zst` are unpacked, by their names. Otherwise a file that is
   * another format (an archive, a picture, a database, UTF-16, …) is refused, and one that is not UTF-8 is named in `doubts`. For the byte
   * tokenizer. Default: false.
   */
  readonly anyBytes?: boolean;
  /** What stands between two documents: files, and lines of JSON Lines. Default: an empty line, `'\n\n'`. */
  readonly separator?: string;
  /** The field of the object in each line of a `.jsonl` file that holds the text. Default: `text`. */
  readonly field?: string;
  /** `keep` leaves the ends of lines as they are; `unix` makes LF of CRLF. Default: `keep`. */
  readonly newlines?: 'keep' | 'unix';
  /**
   * The ends of names that a folder gives its files by. Default: `.txt`, `.text`, `.md`, `.jsonl` and `.ndjson`, each
   * also with `.gz` or `.zst` after it.
   */
  readonly extensions?: readonly string[];
  /**
   * What becomes of a file or line that cannot be used: `refuse` throws; `skip` leaves it out, and names it in
   * {@link TokenDataset.skipped}. Default: `refuse`.
   */
  readonly onBadInput?: BadInputPolicy;
  /** The folder for tokens; made if missing. Default: {@link defaultCacheFolder}. */
  readonly cacheFolder?: string;
  /** The most bytes that one packed file may unpack to: a small hostile file can hold terabytes. Default: 2³⁴ (16 GiB). */
  readonly maxUnpackedBytes?: number;
  /** The most bytes that a line of JSON Lines may have. Default: 2²⁴ (16 MiB). */
  readonly maxLineBytes?: number;
  /** The size of the files that tokens are kept in, in bytes, a multiple of 4. Default: 2²⁶ (64 MiB). */
  readonly shardBytes?: number;
  /** Called about once a mebibyte while files are read or tokenised. What it throws ends the opening. */
  readonly onProgress?: (progress: DatasetProgress) => void;
}

/** An open text as tokens. */
export interface TextDataset extends TokenDataset {
  /** The tokenizer: the one given, or the one built. */
  readonly tokenizer: Tokenizer;
  /** A window may begin anywhere. */
  readonly record: null;
  /** How many files and lines were skipped; `skipped` lists at most the first thousand. */
  readonly skippedCounts: SkippedCounts;
}

/** Bytes by place: a file, or many. */
interface TokenBytes {
  readonly path: string;
  readonly bytes: number;
  read(into: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens text of any size, without ever holding it in memory: a file, a folder with all text files in it, a pattern such
 * as `data/*.txt`, or a list of these. Files are plain, JSON Lines (`.jsonl`, `.ndjson`), and packed or not (`.gz`,
 * `.zst`).
 *
 * A plain file by bytes is read where it lies: token k is byte k. All else is tokenised once, into the cache folder.
 *
 * @throws {@link DatasetError} for a file that is missing, empty, unreadable, damaged, changing, or holds a character
 * that the tokenizer does not know; and for options out of range. Nothing stays open then.
 */
export async function openTextDataset(
  paths: string | readonly string[],
  options: TextDatasetOptions,
): Promise<TextDataset> {
  const { split = { train: 0.9, valid: 0.1 }, cacheFolder = defaultCacheFolder() } = options;
  splitRanges(0, split, 'openTextDataset'); // Refused before a long read, not after it.
  const recipe = recipeOf(options);
  const named = typeof paths === 'string' ? [paths] : paths;
  const path = nameOf(named);
  const skips = new Skips(recipe.onBadInput);
  const files = await findText(named, options.extensions, recipe.anyBytes, skips);
  const [only] = files;
  const text =
    only !== undefined && files.length === 1 && isReadInPlace(only, recipe)
      ? await openInPlace(only.path, recipe.anyBytes, cacheFolder, reporter(options, 'reading'))
      : await openShards(path, files, recipe, cacheFolder, options, skips);
  const tokens = text.bytes.bytes / tokenWidth(text.tokenizer.size);
  const splits = makeSplits(path, text.bytes, text.tokenizer.size, splitRanges(tokens, split));
  return datasetOf(path, text, tokens, splits, skips);
}

/** An open text, wherever its tokens lie. */
interface OpenTokens {
  readonly bytes: TokenBytes;
  readonly tokenizer: Tokenizer;
  readonly fingerprint: Fingerprint;
  readonly used: UsedFiles;
  readonly doubts: readonly SkippedItem[];
}

function recipeOf(options: TextDatasetOptions): TextRecipe {
  const { tokenizer, maxUnpackedBytes = 2 ** 34, maxLineBytes = 2 ** 24, shardBytes = 2 ** 26 } = options;
  const { separator = '\n\n', field = 'text', newlines = 'keep', onBadInput = 'refuse' } = options;
  const { anyBytes = false } = options;
  const mustBeUtf8 = tokenizer !== 'bytes' && (tokenizer === 'characters' || tokenizer.kind !== 'bytes');
  if (anyBytes && mustBeUtf8) throw wrongOption('anyBytes', 'false for a tokenizer of characters', anyBytes);
  checkNumber('maxUnpackedBytes', maxUnpackedBytes, 1, Number.MAX_SAFE_INTEGER);
  checkNumber('maxLineBytes', maxLineBytes, 1, 2 ** 28);
  checkNumber('shardBytes', shardBytes, 4, 2 ** 40);
  if (shardBytes % 4 !== 0) throw wrongOption('shardBytes', 'a multiple of 4', shardBytes);
  if (!['keep', 'unix'].includes(newlines)) throw wrongOption('newlines', '"keep" or "unix"', newlines);
  if (!['refuse', 'skip'].includes(onBadInput))
    throw wrongOption('onBadInput', '"refuse" or "skip"', onBadInput);
  return {
    tokenizer: tokenizer === 'bytes' ? byteTokenizer() : tokenizer,
    ...{
      mustBeUtf8,
      anyBytes,
      separator,
      field,
      newlines,
      onBadInput,
      maxUnpackedBytes,
      maxLineBytes,
      shardBytes,
    },
  };
}

function checkNumber(name: string, value: unknown, from: number, to: number): void {
  checkWholeNumber('openTextDataset', name, value, from, to);
}

function wrongOption(name: string, expected: string, came: unknown): DatasetError {
  return wrongArgument('openTextDataset', name, {
    expected,
    came,
    wayOut: 'pass such a value, or leave it out',
  });
}

function nameOf(paths: readonly string[]): string {
  const [first] = paths;
  if (first === undefined) throw wrongOption('paths', 'at least one path', 'none');
  return paths.length === 1 ? first : `${first} and ${paths.length - 1} more`;
}

async function findText(
  paths: readonly string[],
  extensions: readonly string[] = textExtensions,
  anyBytes: boolean,
  skips: Skips,
): Promise<TextSource[]> {
  const files = await findFiles(paths, { extensions, onBad: (error, path) => skips.note(error, path) });
  return lookAtSources(files, anyBytes, skips);
}

function reporter(options: TextDatasetOptions, step: DatasetProgress['step']): Report {
  return (done, total) => options.onProgress?.({ step, done, total });
}

function isReadInPlace({ form, packing }: TextSource, { tokenizer, newlines }: TextRecipe): boolean {
  const isPlain = form === 'plain' && packing === 'none' && newlines === 'keep';
  return isPlain && tokenizer !== 'characters' && tokenizer.kind === 'bytes';
}

/** The bytes of a plain file, which are its tokens. */
async function openInPlace(
  path: string,
  anyBytes: boolean,
  cacheFolder: string,
  report: Report,
): Promise<OpenTokens> {
  const record = (await isLarge(path)) ? new ChecksumRecord(cacheFolder, 'text', [path]) : null;
  const known = (await record?.read())?.get(resolve(path));
  const content = await Content.openText(path, report, known);
  if (content.known.stamp !== known?.stamp) await record?.write(new Map([[resolve(path), content.known]]));
  const fingerprint = { bytes: content.bytes, sha256: content.sha256 };
  const isOdd = typeof content.notUtf8At === 'number' && !anyBytes;
  const doubts = isOdd ? [{ path, reason: doubtOf(content.notUtf8At) }] : [];
  const used = { files: 1, bytes: content.bytes };
  return { bytes: content, tokenizer: byteTokenizer(), fingerprint, used, doubts };
}

async function isLarge(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size >= recordedFrom,
    () => false,
  );
}

async function openShards(
  path: string,
  files: readonly TextSource[],
  recipe: TextRecipe,
  cacheFolder: string,
  options: TextDatasetOptions,
  skips: Skips,
): Promise<OpenTokens> {
  const reports = {
    reading: reporter(options, 'reading'),
    vocabulary: reporter(options, 'building the vocabulary'),
    tokenising: reporter(options, 'tokenising'),
  };
  const opened = await openText({ path, files, recipe, cacheFolder, reports, skips });
  const { tokenizer, index, reader, doubts } = opened;
  return { bytes: reader, tokenizer, fingerprint: index.text, used: index.used, doubts };
}

function makeSplits(path: string, bytes: TokenBytes, size: number, ranges: SplitRanges): TokenSplit[] {
  return [...ranges].map(([name, [start, end]]) => ({
    name,
    path,
    tokens: end - start,
    async read(from: number, into: Int32Array): Promise<void> {
      const operation = `read split ${JSON.stringify(name)} of ${path}`;
      checkWholeNumber(operation, 'start', from, 0, end - start - into.length);
      await readTokens(bytes, size, start + from, into);
    },
  }));
}

/** Fills `into` with the ids from token `start` on. They may come from anybody, and go on to index tables. */
async function readTokens(source: TokenBytes, size: number, start: number, into: Int32Array): Promise<void> {
  const width = tokenWidth(size);
  const bytes = new Uint8Array(into.length * width);
  await source.read(bytes, start * width);
  into.set(idsOf(bytes, width));
  for (const id of into) {
    if (id >= 0 && id < size) continue;
    throw new DatasetError(
      'corrupt',
      `read ${source.path}: expected ids from 0 to ${size - 1}, got ${id}; delete it, it will be made again`,
    );
  }
}

function datasetOf(
  path: string,
  { bytes, tokenizer, fingerprint, used, doubts }: OpenTokens,
  tokens: number,
  splits: readonly TokenSplit[],
  skips: Skips,
): TextDataset {
  return {
    path,
    tokenizer,
    tokens,
    record: null,
    fingerprint,
    used,
    skipped: skips.items,
    skippedCounts: skips.counts,
    doubts,
    splits,
    split: (name) => splitOf(path, splits, name),
    verify: (expected) => verifyFingerprint(path, expected, fingerprint),
    close: () => bytes.close(),
  };
}

function splitOf(path: string, splits: readonly TokenSplit[], name: string): TokenSplit {
  const found = splits.find((split) => split.name === name);
  if (found !== undefined) return found;
  const known = splits.map((split) => JSON.stringify(split.name)).join(', ');
  throw new DatasetError(
    'argument',
    `split of ${path}: expected one of ${known}, got ${JSON.stringify(name)}; name one of them`,
  );
}
