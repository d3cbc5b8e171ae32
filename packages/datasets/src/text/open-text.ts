// A text that lies in several files, packed, or in lines, or that is read as characters, is made into shards of tokens
// once. They are found again by the files' checksums and all options that the tokens depend on.

import { endianness } from 'node:os';
import { characterTokenizer, type Tokenizer } from '@sparse-transformers/tokenizers';
import type { Report } from '../files/index.ts';
import { type BadInputPolicy, DatasetError, Skips } from '../refusals/index.ts';
import type { ShardIndex, ShardReader, ShardWriter } from '../shards/index.ts';
import { cacheKey, openShards, tokenWidth } from '../shards/index.ts';
import type { SkippedItem } from '../token-dataset.ts';
import { type CheckedSource, checkSources } from './checked-sources.ts';
import type { ReadingOptions } from './documents.ts';
import { readSources } from './read-sources.ts';
import type { TextSource } from './sources.ts';
import { TokenText } from './token-text.ts';
import { Vocabulary } from './vocabulary.ts';

/** How a text is made of files, and tokens of the text. */
export interface TextRecipe extends ReadingOptions {
  /** A tokenizer, or the wish for one of all characters of the text. */
  readonly tokenizer: Tokenizer | 'characters';
  /** What stands between documents. */
  readonly separator: string;
  /** What becomes of files and lines that cannot be used. */
  readonly onBadInput: BadInputPolicy;
  /** Bytes of a shard, a multiple of 4. */
  readonly shardBytes: number;
}

/** Told how far the long steps are, in bytes of the files. */
interface TextReports {
  readonly reading: Report;
  readonly vocabulary: Report;
  readonly tokenising: Report;
}

/** Tokens of a text, ready to be read. */
export interface OpenText {
  readonly tokenizer: Tokenizer;
  readonly index: ShardIndex;
  readonly reader: ShardReader;
  /** What is odd about files that are used all the same. */
  readonly doubts: readonly SkippedItem[];
}

/** What to open, and whom to tell. */
export interface TextRequest {
  /** What was asked for, for messages. */
  readonly path: string;
  readonly files: readonly TextSource[];
  readonly recipe: TextRecipe;
  readonly cacheFolder: string;
  readonly reports: TextReports;
  readonly skips: Skips;
}

/** Opens the tokens of a text, making them where they are not kept. Notes what was skipped. */
export async function openText(request: TextRequest): Promise<OpenText> {
  const { recipe, cacheFolder, skips } = request;
  const sources = await checkSources(request.files, cacheFolder, request.reports.reading, skips);
  if (sources.length === 0) throw noText(request.path, skips);
  const madeFrom = ingredientsOf(sources, recipe);
  const key = cacheKey('text 2', JSON.stringify(madeFrom));
  const make = (writer: ShardWriter) => makeText(request, sources, writer);
  const { index, reader } = await openShards(cacheFolder, {
    key,
    madeFrom,
    shardBytes: recipe.shardBytes,
    make,
  });
  const skipped = index.skipped.map(({ source, line, reason }) => {
    const { path } = sources[source] ?? request;
    return line === 0 ? { path, reason } : { path, line, reason };
  });
  skips.addAll(skipped, index.skippedCounts);
  const doubts = index.doubts.map(({ source, reason }) => ({
    path: sources[source]?.path ?? request.path,
    reason,
  }));
  return { tokenizer: tokenizerOf(recipe, index), index, reader, doubts };
}

/** Everything that the tokens depend on, in plain JSON. */
function ingredientsOf(sources: readonly CheckedSource[], recipe: TextRecipe) {
  return {
    ...recipe,
    tokenizer: recipe.tokenizer === 'characters' ? 'characters' : recipe.tokenizer.toJSON(),
    byteOrder: endianness(),
    sources: sources.map(({ form, packing, bytes, known }) => ({
      form,
      packing,
      bytes,
      sha256: known.sha256,
    })),
  };
}

async function makeText(
  request: TextRequest,
  sources: readonly CheckedSource[],
  writer: ShardWriter,
): Promise<Omit<ShardIndex, 'shards'>> {
  const { path, recipe, reports } = request;
  const isBuilt = recipe.tokenizer === 'characters';
  const tokenizer = isBuilt ? await buildTokenizer(request, sources) : recipe.tokenizer;
  const skips = new Skips(recipe.onBadInput);
  const text = new TokenText(tokenizer, recipe.separator, writer);
  const { doubts, used } = await readSources(sources, recipe, reports.tokenising, skips, text);
  if (text.documents === 0) throw noText(path, skips);
  return {
    width: tokenWidth(tokenizer.size),
    text: text.fingerprint(),
    documents: text.documents,
    alphabet: isBuilt ? alphabetOf(tokenizer) : null,
    skipped: skips.items.map(({ path: file, line = 0, reason }) => ({
      source: sources.findIndex((source) => source.path === file),
      line,
      reason,
    })),
    used,
    doubts,
    skippedCounts: skips.counts,
  };
}

async function buildTokenizer(
  { path, recipe, reports }: TextRequest,
  sources: readonly CheckedSource[],
): Promise<Tokenizer> {
  const skips = new Skips(recipe.onBadInput);
  const vocabulary = new Vocabulary(recipe.separator);
  await readSources(sources, recipe, reports.vocabulary, skips, vocabulary);
  if (vocabulary.documents === 0) throw noText(path, skips);
  return vocabulary.tokenizer();
}

function alphabetOf(tokenizer: Tokenizer): string | null {
  const json = tokenizer.toJSON();
  return json.kind === 'characters' ? json.alphabet : null;
}

function tokenizerOf(recipe: TextRecipe, { alphabet }: ShardIndex): Tokenizer {
  return recipe.tokenizer === 'characters' ? characterTokenizer(alphabet ?? '') : recipe.tokenizer;
}

function noText(path: string, { items, counts, only }: Skips): DatasetError {
  if (only !== null) return only;
  const [first] = items;
  const why =
    first === undefined
      ? 'nothing'
      : `nothing that can be used: ${counts.files} files and ${counts.lines} lines were skipped, first ${first.path} (${first.reason})`;
  return new DatasetError('empty', `open ${path}: expected text, got ${why}; pass files that hold text`);
}
