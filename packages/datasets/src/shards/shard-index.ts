// What a folder of shards holds, in one file of two lines: JSON, and its checksum. It is written last, so a folder that
// has one is whole. Anybody may have put it there: every field is looked at before it is used.

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { Fingerprint } from '../files/index.ts';
import type { SkippedCounts } from '../refusals/index.ts';
import type { UsedFiles } from '../token-dataset.ts';
import { type Shard, shardName } from './shard-writer.ts';

/** Something skipped while the shards were made. */
export interface SkippedPart {
  /** The place of its file among the sources. */
  readonly source: number;
  /** The line, counted from 1; 0: the whole file. */
  readonly line: number;
  /** What was wrong. */
  readonly reason: string;
}

/** What a folder of shards holds, and what it was made from. */
export interface ShardIndex {
  /** Bytes of an id. */
  readonly width: number;
  /** The files of ids in their order: all of one size but the last. */
  readonly shards: readonly Shard[];
  /** The text that the ids stand for. */
  readonly text: Fingerprint;
  /** How many documents the text was joined from. */
  readonly documents: number;
  /** The files that the documents came from. */
  readonly used: UsedFiles;
  /** The alphabet of a tokenizer that was built from the text; null for another. */
  readonly alphabet: string | null;
  /** What was skipped, at most the first thousand. */
  readonly skipped: readonly SkippedPart[];
  /** What is odd about files that were used all the same, at most the first thousand. */
  readonly doubts: readonly SkippedPart[];
  /** How many were skipped in all. */
  readonly skippedCounts: SkippedCounts;
}

const indexName = 'index.json';

/** The path of the index of a folder of shards. */
export function indexPath(folder: string): string {
  return join(folder, indexName);
}

/** The index as it stands in its file. `madeFrom` is everything that the shards depend on. */
export function indexText(index: ShardIndex, key: string, madeFrom: unknown): string {
  const body = JSON.stringify({ ...headOf(key), ...index, madeFrom });
  return `${body}\n${sha256(body)}\n`;
}

function headOf(key: string) {
  return { format: 'sparse-transformers/token-shards', version: 2, byteOrder: endianness(), key };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The index of a folder in which every shard is there in its full size; null for any other folder. */
export async function readIndex(folder: string, key: string): Promise<ShardIndex | null> {
  const index = await parseFile(indexPath(folder), key);
  if (index === null) return null;
  const sizes = await Promise.all(index.shards.map((_, place) => sizeOf(join(folder, shardName(place)))));
  return index.shards.every(({ bytes }, place) => sizes[place] === bytes) ? index : null;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return -1;
  }
}

async function parseFile(path: string, key: string): Promise<ShardIndex | null> {
  try {
    const [body = '', checksum, ...rest] = (await readFile(path, 'utf8')).split('\n');
    if (checksum !== sha256(body) || rest.join('') !== '') return null;
    return indexOf(JSON.parse(body), key);
  } catch {
    return null;
  }
}

type Fields = ReadonlyMap<string, unknown>;

function fieldsOf(value: unknown): Fields {
  return new Map<string, unknown>(Object.entries(Object(value)));
}

/** The index in a parsed file, or null where a field is not what it must be. */
function indexOf(value: unknown, key: string): ShardIndex | null {
  const fields = fieldsOf(value);
  const isOurs = Object.entries(headOf(key)).every(([name, expected]) => fields.get(name) === expected);
  const [width, alphabet, documents] = ['width', 'alphabet', 'documents'].map((name) => fields.get(name));
  const text = fieldsOf(fields.get('text'));
  const counts = fieldsOf(fields.get('skippedCounts'));
  const used = usedOf(fieldsOf(fields.get('used')));
  const [bytes, hash, files, lines] = [
    text.get('bytes'),
    text.get('sha256'),
    counts.get('files'),
    counts.get('lines'),
  ];
  if (!isOurs || !isCount(width) || !(alphabet === null || typeof alphabet === 'string')) return null;
  if (
    !isCount(documents) ||
    !isCount(bytes) ||
    typeof hash !== 'string' ||
    !isCount(files) ||
    !isCount(lines)
  )
    return null;
  const shards = listOf(fields.get('shards'), shardOf);
  const skipped = listOf(fields.get('skipped'), skippedOf);
  const doubts = listOf(fields.get('doubts'), skippedOf);
  if (shards === null || skipped === null || doubts === null || used === null || !areOneSize(shards))
    return null;
  const skippedCounts = { files, lines };
  return {
    width,
    shards,
    text: { bytes, sha256: hash },
    documents,
    used,
    alphabet,
    skipped,
    doubts,
    skippedCounts,
  };
}

function usedOf(fields: Fields): UsedFiles | null {
  const [files, bytes] = [fields.get('files'), fields.get('bytes')];
  return isCount(files) && isCount(bytes) ? { files, bytes } : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function listOf<T>(value: unknown, itemOf: (fields: Fields) => T | null): T[] | null {
  if (!Array.isArray(value)) return null;
  const items = value.map((item) => itemOf(fieldsOf(item))).filter((item) => item !== null);
  return items.length === value.length ? items : null;
}

function shardOf(fields: Fields): Shard | null {
  const [bytes, hash] = [fields.get('bytes'), fields.get('sha256')];
  return isCount(bytes) && bytes > 0 && typeof hash === 'string' ? { bytes, sha256: hash } : null;
}

function skippedOf(fields: Fields): SkippedPart | null {
  const [source, line, reason] = ['source', 'line', 'reason'].map((name) => fields.get(name));
  return isCount(source) && isCount(line) && typeof reason === 'string' ? { source, line, reason } : null;
}

/** Tokens are found by division, so only the last shard may be shorter. */
function areOneSize(shards: readonly Shard[]): boolean {
  const first = shards[0]?.bytes ?? 0;
  return shards.every(
    ({ bytes }, index) => bytes === first || (index === shards.length - 1 && bytes < first),
  );
}
