import { DatasetError } from '@sparse-transformers/datasets';

/** An error's message, without names that only programs know: of the options of datasets, one can be given here. */
export function messageOf(error: unknown): string {
  if (error instanceof DatasetError)
    return error.describe((option) => (option === 'startSeconds' ? '--prompt-start' : null));
  return error instanceof Error ? error.message : String(error);
}
