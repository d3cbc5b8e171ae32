/** Messages of the libraries in the words of this command line. */
import { DatasetError, type DatasetOption } from '@sparse-transformers/datasets';
import { RunLockedError } from '@sparse-transformers/training';

/** What the options of datasets are called here; null for those that can't be given. */
const flags: Readonly<Record<DatasetOption, string | null>> = {
  anyBytes: '--data.anyBytes',
  batch: '--training.batch',
  cacheFolder: '--cache',
  channels: '--data.channels',
  columns: '--data.columns',
  cursor: null,
  extensions: null,
  field: '--data.field',
  labelBytes: '--data.labelBytes',
  length: '--model.length',
  maxLineBytes: null,
  maxPixels: null,
  maxSeconds: null,
  maxUnpackedBytes: null,
  minimumContext: '--validation.minimumContext',
  newlines: '--data.newlines',
  onBadInput: '--data.onBadInput',
  onProgress: null,
  record: '--model.length',
  rows: '--data.rows',
  sampleRate: '--data.sampleRate',
  seed: '--seed',
  separator: null,
  shardBytes: null,
  split: '--data.validShare',
  splitSeed: '--data.splitSeed',
  startSeconds: null,
  tokenizer: '--data.tokenizer',
};

/** An option of datasets as it is typed, with a value if there is one. */
export function flagOf(option: DatasetOption, value?: string | boolean): string | null {
  const flag = flags[option];
  return flag === null || value === undefined ? flag : `${flag} ${value}`;
}

/** An error's message, without names that only programs know. */
export function messageOf(error: unknown): string {
  if (error instanceof DatasetError) return error.describe(flagOf);
  if (error instanceof RunLockedError) return error.fact;
  return error instanceof Error ? error.message : String(error);
}
