// Tokens of pictures and sound are made once and kept as shards. They are named by the paths, places on the disk, sizes and times of
// the files, so that a second opening looks at these only, and reads no picture. Behind the tokens stand the places where
// the separate pieces begin, and the numbers of the files that they came from.

import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Fingerprint } from '../files/index.ts';
import type { Skips } from '../refusals/index.ts';
import { BadInput, badInput, DatasetError, skipBadInput } from '../refusals/index.ts';
import type { ShardWriter } from '../shards/index.ts';
import { type CachedShards, openShards } from '../shards/index.ts';
import type { UsedFiles } from '../token-dataset.ts';
import { MediaWriter } from './media-writer.ts';

const shardBytes = 2 ** 26;
/** There may be millions of files. */
const looksAtOnce = 64;
const placeBytes = Float64Array.BYTES_PER_ELEMENT;

/** A file to make tokens of. */
export interface MediaFile {
  readonly path: string;
  readonly bytes: number;
  /** What moves when somebody writes to the file. */
  readonly stamp: string;
}

/** How tokens are made of files. */
export interface MediaDecoding {
  /** Names everything but the files that the tokens depend on: options, versions of libraries. */
  readonly recipe: unknown;
  /** The tokens of a file, a byte each, in pieces. Throws `BadInput` for a file that cannot be used. */
  readonly decode: (file: MediaFile) => AsyncIterable<Uint8Array>;
  /** How many files are decoded at the same time. */
  readonly atOnce: number;
}

/** What else {@link openMediaShards} is told. */
export interface MediaCaching {
  readonly cacheFolder: string;
  readonly skips: Skips;
  /** Told how many bytes of all files are done. */
  readonly report: (done: number, total: number) => void;
}

/** The tokens of many files, read by place. */
export interface MediaTokens {
  readonly fingerprint: Fingerprint;
  readonly used: UsedFiles;
  /** The first token of what each file holds, ascending. */
  readonly pieces: readonly number[];
  /** The pieces, by number, at which another folder begins, the first among them. */
  readonly folders: readonly number[];
  read(start: number, into: Int32Array): Promise<void>;
  close(): Promise<void>;
}

/** The files behind paths, as they are now; one that cannot be looked at is a bad one. */
export async function lookAtFiles(paths: readonly string[], skips: Skips): Promise<MediaFile[]> {
  const files: MediaFile[] = [];
  for (let start = 0; start < paths.length; start += looksAtOnce) {
    const some = paths.slice(start, start + looksAtOnce);
    const found = await Promise.allSettled(some.map((path) => stat(path, { bigint: true })));
    found.forEach((look, index) => {
      const path = some[index]!;
      if (look.status === 'fulfilled') {
        files.push({ path, bytes: Number(look.value.size), stamp: stampOf(look.value) });
      } else {
        const detail = `it cannot be read (${String(look.reason)})`;
        skips.note(unusable('unreadable', path, detail, look.reason), path);
      }
    });
  }
  return files;
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/** The tokens of all files: those kept in the cache, or new ones. */
export async function openMediaShards(
  files: readonly MediaFile[],
  decoding: MediaDecoding,
  caching: MediaCaching,
): Promise<MediaTokens> {
  const { cacheFolder, skips } = caching;
  const key = keyOf(files, decoding.recipe);
  const madeFrom = { recipe: decoding.recipe, files: files.length };
  // What is left out is noted from the index, new or kept.
  const make = (writer: ShardWriter) =>
    writeTokens(files, decoding, { ...caching, skips: skips.fresh() }, writer);
  const found = await openShards(cacheFolder, { key, madeFrom, shardBytes, make });
  const unnamed = found.index.skippedCounts.files - found.index.skipped.length;
  for (const { source, reason } of found.index.skipped) {
    const path = files[source]?.path ?? '';
    skips.note(unusable('corrupt', path, reason), path);
  }
  skips.addAll([], { files: unnamed, lines: 0 });
  return tokensOf(found, files);
}

/** Names everything that the tokens depend on. */
function keyOf(files: readonly MediaFile[], recipe: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(['media', 2, recipe]));
  for (const { path, stamp } of files) hash.update(JSON.stringify([resolve(path), stamp]));
  return hash.digest('hex');
}

async function writeTokens(
  files: readonly MediaFile[],
  decoding: MediaDecoding,
  { skips, report }: MediaCaching,
  writer: ShardWriter,
) {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const tokens = new MediaWriter(writer);
  let done = 0;
  for await (const { file, source, decoded } of decodeAhead(files, decoding)) {
    const bad = await tokens.add(
      { source, bytes: file.bytes },
      afterEach(decoded, () => report(done, total)),
    );
    await expectUnchanged(file);
    if (bad !== null) skips.note(unusable('corrupt', file.path, bad.message, bad), file.path);
    done += file.bytes;
    report(done, total);
  }
  return tokens.finish();
}

/** A file may take minutes: whoever is told may end it between two pieces. */
async function* afterEach<T>(pieces: AsyncIterable<T>, tell: () => void): AsyncGenerator<T> {
  for await (const piece of pieces) {
    yield piece;
    tell();
  }
}

/** The files in order, some of them being decoded before it is their turn. */
async function* decodeAhead(files: readonly MediaFile[], { decode, atOnce }: MediaDecoding) {
  const started = new Map<number, Promise<Uint8Array[]>>();
  for (const [source, file] of files.entries()) {
    for (let next = source; atOnce > 1 && next < Math.min(files.length, source + atOnce); next++) {
      if (started.has(next)) continue;
      const pieces = collect(decode(files[next]!));
      // What fails is told when it is this file's turn, if that comes.
      pieces.catch(() => {});
      started.set(next, pieces);
    }
    const ahead = started.get(source);
    started.delete(source);
    yield { file, source, decoded: ahead === undefined ? decode(file) : awaited(ahead) };
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const collected: Uint8Array[] = [];
  for await (const piece of pieces) collected.push(piece);
  return collected;
}

async function* awaited(pieces: Promise<Uint8Array[]>): AsyncGenerator<Uint8Array> {
  yield* await pieces;
}

async function expectUnchanged({ path, stamp }: MediaFile): Promise<void> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  if (found !== null && stampOf(found) === stamp) return;
  throw new DatasetError(
    'changed',
    `read ${path}: expected a file that stays as it is, but it was written to while it was read; open the dataset again`,
  );
}

async function tokensOf({ index, reader }: CachedShards, files: readonly MediaFile[]): Promise<MediaTokens> {
  const { text, documents } = index;
  const isWhole = index.width === 1 && reader.bytes === text.bytes + 2 * documents * placeBytes;
  const table = new Float64Array(isWhole ? 2 * documents : 0);
  if (isWhole && documents > 0) await reader.read(new Uint8Array(table.buffer), text.bytes);
  const [pieces, sources] = [table.subarray(0, documents), table.subarray(documents)];
  if (!isWhole || !areAscending(pieces, text.bytes) || !areAscending(sources, files.length)) {
    throw new DatasetError(
      'corrupt',
      `read ${reader.path}: expected tokens and where pieces begin, got another folder; delete it, it will be made again`,
    );
  }
  return {
    fingerprint: text,
    used: index.used,
    pieces: [...pieces],
    folders: foldersOf([...sources].map((source) => files[source]!)),
    async read(start, into) {
      const bytes = new Uint8Array(into.length);
      await reader.read(bytes, start);
      into.set(bytes);
    },
    close: () => reader.close(),
  };
}

function foldersOf(files: readonly MediaFile[]): number[] {
  return [...files.keys()].filter((index) => {
    const [before, file] = [files[index - 1], files[index]!];
    return before === undefined || dirname(before.path) !== dirname(file.path);
  });
}

function areAscending(places: Float64Array, end: number): boolean {
  return places.every(
    (place, index) => Number.isInteger(place) && place >= 0 && place < (places[index + 1] ?? end),
  );
}

function unusable(
  reason: 'corrupt' | 'unreadable',
  path: string,
  detail: string,
  cause?: unknown,
): DatasetError {
  const ways = ['mend or remove it', ...(cause instanceof BadInput ? cause.ways : []), skipBadInput];
  return badInput(reason, `read ${path}`, detail, ways, cause);
}
