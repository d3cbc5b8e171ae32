/** Messages of the libraries in the words of this command line. */
import { DatasetError, type DatasetOption } from '@sparse-transformers/datasets';
import { RunLockedError } from '@sparse-transformers/training';

/** Options of datasets that are no fields of `data` here; null for those that can't be given. */
const others: Partial<Readonly<Record<DatasetOption, string | null>>> = {
  batch: '--training.batch',
  cacheFolder: '--cache',
  cursor: null,
  extensions: null,
  length: '--model.length',
  maxLineBytes: null,
  maxPixels: null,
  maxSeconds: null,
  maxUnpackedBytes: null,
  minimumContext: '--validation.minimumContext',
  onProgress: null,
  record: '--model.length',
  seed: '--seed',
  separator: null,
  shardBytes: null,
  split: '--data.validShare',
  startSeconds: null,
};

/** An option of datasets as it is typed, with a value if there is one. */
export function flagOf(option: DatasetOption, value?: string | boolean): string | null {
  const { [option]: flag = `--data.${option}` } = others;
  return flag === null || value === undefined ? flag : `${flag} ${value}`;
}

/** An error's message, without names that only programs know. */
export function messageOf(error: unknown): string {
  if (error instanceof DatasetError) return error.describe(flagOf);
  if (error instanceof RunLockedError) return error.fact;
  return error instanceof Error ? error.message : String(error);
}
