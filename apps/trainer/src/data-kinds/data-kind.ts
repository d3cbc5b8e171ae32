/** What the trainer asks of a kind of data. Nothing else tells kinds apart. */
import type { BadInputPolicy, DatasetProgress, TokenDataset } from '@sparse-transformers/datasets';
import type { AnyTokenizer } from '@sparse-transformers/tokenizers';
import type { z } from 'zod';

/** What every dataset is opened with, of whatever kind. */
export interface DatasetOpening {
  /** Names and ratios of the splits. */
  readonly split: Readonly<Record<string, number>>;
  /** What becomes of files that can't be used. */
  readonly onBadInput: BadInputPolicy;
  /** Told how far it is; what it throws ends the opening. */
  readonly onProgress: (progress: DatasetProgress) => void;
  /** Where tokens are kept; the system's folder unless given. */
  readonly cacheFolder?: string;
}

/** The size of records that a model sees whole, from the first token on. */
interface RecordSize {
  /** Tokens in one. */
  readonly tokens: number;
  /** The same for messages: `32 · 32 · 3 = 3072, an image`. */
  readonly words: string;
}

/** A kind of data. `Config` is its section `data` of a configuration, `Dataset` what its files are opened as. */
export interface DataKind<Config, Dataset extends TokenDataset> {
  /** Its fields in the configuration: `kind`, its own, and those that all kinds have. */
  readonly fields: z.ZodObject;
  /**
   * Opens files, folders or globs.
   *
   * @param saved the tokenizer of a run that goes on, so that an alphabet stays
   */
  open(
    paths: readonly string[],
    config: Config,
    opening: DatasetOpening,
    saved: AnyTokenizer | undefined,
  ): Promise<Dataset>;
  /** The name of the published data that it is, or null; absent where none is known. */
  known?(dataset: Dataset): Promise<string | null>;
  /** What a token is called where bits are counted: `byte`. */
  token(config: Config): string;
  /** How many ids its tokens have; null where only the data tells. */
  vocabulary(config: Config): number | null;
  /** Its records; absent where windows begin anywhere. */
  record?(config: Config): RecordSize;
  /** Rows of tokens as files that people can look at or listen to, by name: `.txt`, `.png` or `.wav`. */
  files(rows: readonly Int32Array[], tokenizer: Dataset['tokenizer']): Map<string, Uint8Array>;
  /** A name for the file that `sparse-sample` writes; null where samples go to standard output. */
  readonly sampleFile: string | null;
}
