import type { AnyTokenizer } from '@sparse-transformers/tokenizers';
import type { TokenSplit } from './batches/index.ts';
import type { Fingerprint } from './files/index.ts';
import type { SkippedCounts } from './refusals/index.ts';

/** How far a long step of opening a dataset has come. */
export interface DatasetProgress {
  /** `reading` takes checksums. A step whose result is in the cache does not come. */
  readonly step: 'reading' | 'building the vocabulary' | 'tokenising';
  /** Bytes of the files that are done. */
  readonly done: number;
  /** Bytes of the files, packed as they are. */
  readonly total: number;
}

/** A file, or a line of one, that was left out because it could not be used and the caller chose to go on. */
export interface SkippedItem {
  /** The file. */
  readonly path: string;
  /** The line in it, counted from 1; absent where the whole file was left out. */
  readonly line?: number;
  /** What was wrong with it, in a sentence. */
  readonly reason: string;
}

/** What tokens were made of. */
export interface UsedFiles {
  /** How many files, without those that were left out. */
  readonly files: number;
  /** Their sizes together, packed as they are. */
  readonly bytes: number;
}

/** An open dataset of tokens, whatever kind of data they were made from. */
export interface TokenDataset {
  /** What was opened, as it was named; for messages. */
  readonly path: string;
  /** What made the tokens; its `dataKind` is the kind of the data. */
  readonly tokenizer: AnyTokenizer;
  /** How many tokens there are in all. */
  readonly tokens: number;
  /** Tokens in one record, such as an image: windows begin at its multiples. Null: windows begin anywhere. */
  readonly record: number | null;
  /** What to store with a run, for {@link TokenDataset.verify}. */
  readonly fingerprint: Fingerprint;
  /** What the tokens were made of. */
  readonly used: UsedFiles;
  /** What was left out, in the order in which it was met: the first thousand. */
  readonly skipped: readonly SkippedItem[];
  /** How much was left out in all. */
  readonly skippedCounts: SkippedCounts;
  /** What is odd about files that are used all the same: the first thousand. */
  readonly doubts: readonly SkippedItem[];
  /** The splits in their order. */
  readonly splits: readonly TokenSplit[];
  /**
   * The split of a name.
   *
   * @throws {@link DatasetError} for an unknown name, listing the known ones.
   */
  split(name: string): TokenSplit;
  /**
   * Refuses data other than what a run began with. Takes any value, for it comes from a stored run.
   *
   * @throws {@link DatasetError} (`changed`) saying what differs.
   */
  verify(fingerprint: unknown): void;
  /** Closes all files. Reading afterwards is refused. */
  close(): Promise<void>;
}
