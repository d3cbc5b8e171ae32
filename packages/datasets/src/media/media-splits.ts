// The splits of images and sound: tokens of many stretches of a dataset, as if they lay side by side.

import { lastAtMost, splitRanges, type TokenSplit } from '../batches/index.ts';
import { checkWholeNumber, show } from '../refusals/index.ts';
import { dealRecordings, type Stretch } from './deal-recordings.ts';
import { dealRecords } from './deal-records.ts';
import type { MediaTokens } from './media-shards.ts';

/** What {@link mediaSplits} is told. */
export interface MediaSplitOptions {
  /** What was opened, for messages. */
  readonly path: string;
  readonly split: Readonly<Record<string, number>>;
  readonly splitSeed: number;
  /** Tokens in a record; null where files are pieces of any length. */
  readonly record: number | null;
}

/** All splits in their order. */
export function mediaSplits(tokens: MediaTokens, options: MediaSplitOptions): TokenSplit[] {
  const { record } = options;
  return record === null ? splitsOfRecordings(tokens, options) : splitsOfRecords(tokens, options, record);
}

function splitsOfRecords(
  tokens: MediaTokens,
  { path, split, splitSeed }: MediaSplitOptions,
  record: number,
): TokenSplit[] {
  const ranges = splitRanges(tokens.fingerprint.bytes / record, split);
  const folders = tokens.folders.map((piece) => tokens.pieces[piece]! / record);
  const dealt = dealRecords(ranges, { folders, seed: splitSeed });
  return [...ranges].map(([name, [start, end]]) => {
    const recordAt = dealt.get(name);
    const stretchAt = (place: number): Stretch => {
      const skipped = place % record;
      const first = recordAt!((place - skipped) / record) * record;
      return { start: first + skipped, tokens: record - skipped };
    };
    const about = { name, path, tokens: (end - start) * record, record };
    return { ...about, read: readerOf(tokens, about, stretchAt) };
  });
}

function splitsOfRecordings(
  tokens: MediaTokens,
  { path, split, splitSeed }: MediaSplitOptions,
): TokenSplit[] {
  const recordings = tokens.pieces.map((start, index) => {
    const end = tokens.pieces[index + 1] ?? tokens.fingerprint.bytes;
    return { start, tokens: end - start };
  });
  const dealt = dealRecordings(recordings, split, { folders: tokens.folders, seed: splitSeed });
  return [...dealt].map(([name, stretches]) => {
    const pieces: number[] = [];
    let end = 0;
    for (const stretch of stretches) {
      pieces.push(end);
      end += stretch.tokens;
    }
    const stretchAt = (place: number): Stretch => {
      const index = lastAtMost(pieces.length, place, (at) => pieces[at]!);
      const skipped = place - pieces[index]!;
      const { start, tokens: length } = stretches[index]!;
      return { start: start + skipped, tokens: length - skipped };
    };
    const about = { name, path, tokens: end, pieces: pieces.length === 0 ? [0] : pieces };
    return { ...about, read: readerOf(tokens, about, stretchAt) };
  });
}

/** Reads stretch by stretch: what lies side by side in a split may lie anywhere in the dataset. */
function readerOf(
  tokens: MediaTokens,
  about: { readonly name: string; readonly path: string; readonly tokens: number },
  stretchAt: (place: number) => Stretch,
): TokenSplit['read'] {
  return async (from, into) => {
    const operation = `read split ${show(about.name)} of ${about.path}`;
    checkWholeNumber(operation, 'start', from, 0, about.tokens - into.length);
    for (let done = 0; done < into.length; ) {
      const stretch = stretchAt(from + done);
      const part = into.subarray(done, done + stretch.tokens);
      await tokens.read(stretch.start, part);
      done += part.length;
    }
  };
}
