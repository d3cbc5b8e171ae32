import { DatasetError } from '@sparse-transformers/datasets';

/** An error's message, without names that only programs know: none of the options of datasets can be given here. */
export function messageOf(error: unknown): string {
  if (error instanceof DatasetError) return error.describe(() => null);
  return error instanceof Error ? error.message : String(error);
}
