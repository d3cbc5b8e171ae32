import { createHash } from 'node:crypto';
import type { TextDataset } from './text-dataset.ts';

/** A text that results are published on. */
export interface KnownText {
  /** What it is called. */
  readonly name: string;
  /** Its length in bytes. */
  readonly bytes: number;
  /** Its MD5 as published, as hexadecimal digits. */
  readonly md5: string;
}

/** Texts that are known by name: `enwik8`, the first 10⁸ bytes of an English Wikipedia of 2006, split 90/5/5 MB. */
export const knownTexts: readonly KnownText[] = [
  { name: 'enwik8', bytes: 100_000_000, md5: 'a1fa5ffddb56f4953e226637dabbb36a' },
];

const pieceTokens = 1 << 20;

/**
 * Which published text a dataset holds, or null. Only a text of the very length of one is read through, in pieces.
 *
 * @throws {@link DatasetError} where the dataset cannot be read.
 */
export async function knownText(
  dataset: TextDataset,
  among: readonly KnownText[] = knownTexts,
): Promise<KnownText | null> {
  const candidates = among.filter(({ bytes }) => bytes === dataset.fingerprint.bytes);
  if (candidates.length === 0) return null;
  const md5 = await md5Of(dataset);
  return candidates.find((candidate) => candidate.md5 === md5) ?? null;
}

async function md5Of(dataset: TextDataset): Promise<string> {
  const hash = createHash('md5');
  const decoder = dataset.tokenizer.decoder();
  const isBytes = dataset.tokenizer.kind === 'bytes';
  for (const split of dataset.splits) {
    for (let start = 0; start < split.tokens; start += pieceTokens) {
      const ids = new Int32Array(Math.min(pieceTokens, split.tokens - start));
      await split.read(start, ids);
      hash.update(isBytes ? new Uint8Array(ids) : decoder.push(ids));
    }
  }
  return hash.update(decoder.end()).digest('hex');
}
