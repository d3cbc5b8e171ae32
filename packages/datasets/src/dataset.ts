import { buildCharacterTokenizer, byteTokenizer, type Tokenizer } from '@sparse-transformers/tokenizers';
import { defaultCacheFolder } from './cache.ts';
import { Content, type Report } from './content.ts';
import { checkWholeNumber, DatasetError } from './errors.ts';
import { type Fingerprint, verifyFingerprint } from './fingerprint.ts';
import { openUnpacked } from './gzip.ts';
import { type SplitRanges, splitRanges, type TokenSplit } from './splits.ts';
import { openTokenFile, readTokens, tokenWidth } from './token-file.ts';

/** How far a long step of opening a dataset has come. */
export interface DatasetProgress {
  /** `reading` takes a checksum. Steps may come more than once, and a step whose result is in the cache not at all. */
  readonly step: 'reading' | 'unpacking' | 'building the vocabulary' | 'tokenising';
  /** Bytes of the step's input that are done. */
  readonly done: number;
  /** Bytes of the step's input. */
  readonly total: number;
}

/** Options of {@link openTextDataset}. */
export interface TextDatasetOptions {
  /**
   * What makes tokens of the text: a tokenizer, or `bytes` for the byte tokenizer, or `characters` for one whose
   * alphabet is built from the whole file (all splits: a rare character of the last split is then no error).
   */
  readonly tokenizer: Tokenizer | 'bytes' | 'characters';
  /**
   * Names and ratios of the splits, in the order of the file; each above 0, together 1. An edge lies at
   * ⌊sum of the ratios before it × tokens⌋. Default: `{ train: 0.9, valid: 0.1 }`.
   */
  readonly split?: Readonly<Record<string, number>>;
  /** The folder for unpacked text and token files; made if missing. Default: {@link defaultCacheFolder}. */
  readonly cacheFolder?: string;
  /** The most bytes that a .gz file may unpack to: a small hostile file can hold terabytes. Default: 2³⁴ (16 GiB). */
  readonly maxUnpackedBytes?: number;
  /** Called about once a mebibyte while the file is read, unpacked or tokenised. */
  readonly onProgress?: (progress: DatasetProgress) => void;
}

/** An open text file as tokens. */
export interface TextDataset {
  /** The file as it was named. */
  readonly path: string;
  /** The tokenizer: the one given, or the one built. */
  readonly tokenizer: Tokenizer;
  /** How many tokens the whole text has. */
  readonly tokens: number;
  /** What to store with a run, for {@link TextDataset.verify}. */
  readonly fingerprint: Fingerprint;
  /** The splits in the order of the file. */
  readonly splits: readonly TokenSplit[];
  /**
   * The split of a name.
   *
   * @throws {@link DatasetError} for an unknown name, listing the known ones.
   */
  split(name: string): TokenSplit;
  /**
   * Refuses a text other than the one that a run began with. Takes any value, for it comes from a stored run.
   *
   * @throws {@link DatasetError} (`changed`) saying what differs.
   */
  verify(fingerprint: unknown): void;
  /** Closes the file. Reading afterwards is refused. */
  close(): Promise<void>;
}

/**
 * Opens a text file of any size, plain or packed (a name ending in `.gz`), without ever holding it in memory.
 *
 * The text is read through once for its checksum. A packed file is unpacked once, and for a character tokenizer the
 * text is tokenised once, into the cache folder. For bytes, token k is byte k of the text.
 *
 * @throws {@link DatasetError} for a file that is missing, empty, unreadable, damaged, changing, or holds a character
 * that the tokenizer does not know; and for options out of range. Nothing stays open then.
 */
export async function openTextDataset(path: string, options: TextDatasetOptions): Promise<TextDataset> {
  const { cacheFolder = defaultCacheFolder(), split = { train: 0.9, valid: 0.1 } } = options;
  splitRanges(0, split); // Refused before a long read, not after it.
  const text = await openText(path, cacheFolder, options);
  try {
    const tokenizer = await chooseTokenizer(text, options);
    const content =
      tokenizer.kind === 'bytes' ? text : await openTokens(path, text, tokenizer, cacheFolder, options);
    const tokens = content.bytes / tokenWidth(tokenizer.size);
    const splits = makeSplits(path, content, tokenizer.size, splitRanges(tokens, split));
    return datasetOf(path, tokenizer, tokens, { bytes: text.bytes, sha256: text.sha256 }, splits, content);
  } catch (error) {
    await text.close();
    throw error;
  }
}

function reporter(options: TextDatasetOptions, step: DatasetProgress['step']): Report {
  return (done, total) => options.onProgress?.({ step, done, total });
}

async function openText(path: string, cacheFolder: string, options: TextDatasetOptions): Promise<Content> {
  const { maxUnpackedBytes = 2 ** 34 } = options;
  checkWholeNumber('openTextDataset', 'maxUnpackedBytes', maxUnpackedBytes, 1, Number.MAX_SAFE_INTEGER);
  const reading = reporter(options, 'reading');
  if (!path.endsWith('.gz')) return Content.open(path, reading);
  const unpacking = reporter(options, 'unpacking');
  return openUnpacked(path, cacheFolder, maxUnpackedBytes, { reading, unpacking });
}

async function chooseTokenizer(text: Content, options: TextDatasetOptions): Promise<Tokenizer> {
  if (options.tokenizer === 'bytes') return byteTokenizer();
  if (options.tokenizer !== 'characters') return options.tokenizer;
  return buildCharacterTokenizer(text.pages(reporter(options, 'building the vocabulary')));
}

async function openTokens(
  path: string,
  text: Content,
  tokenizer: Tokenizer,
  cacheFolder: string,
  options: TextDatasetOptions,
): Promise<Content> {
  const reports = { reading: reporter(options, 'reading'), tokenising: reporter(options, 'tokenising') };
  const content = await openTokenFile(path, text, tokenizer, cacheFolder, reports);
  await text.close();
  return content;
}

function makeSplits(path: string, content: Content, size: number, ranges: SplitRanges): TokenSplit[] {
  const width = tokenWidth(size);
  return [...ranges].map(([name, [start, end]]) => ({
    name,
    path,
    tokens: end - start,
    async read(from: number, into: Int32Array): Promise<void> {
      checkWholeNumber(
        `read split ${JSON.stringify(name)} of ${path}`,
        'start',
        from,
        0,
        end - start - into.length,
      );
      await readTokens(content, width, start + from, into);
      checkIds(content.path, size, into);
    },
  }));
}

/** A token file may have been put there by anybody, and its ids go on to index tables. */
function checkIds(path: string, size: number, ids: Int32Array): void {
  for (const id of ids) {
    if (id >= 0 && id < size) continue;
    throw new DatasetError(
      'corrupt',
      `read ${path}: expected ids from 0 to ${size - 1}, got ${id}; delete the file, it will be made again`,
    );
  }
}

function datasetOf(
  path: string,
  tokenizer: Tokenizer,
  tokens: number,
  fingerprint: Fingerprint,
  splits: readonly TokenSplit[],
  content: Content,
): TextDataset {
  return {
    path,
    tokenizer,
    tokens,
    fingerprint,
    splits,
    split: (name) => splitOf(path, splits, name),
    verify: (expected) => verifyFingerprint(path, expected, fingerprint),
    close: () => content.close(),
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
