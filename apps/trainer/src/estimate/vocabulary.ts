import type { DataConfig } from '../configuration/index.ts';

/** Ids of the tokens of a configuration's data, where its alphabet is not known: as many as bytes have, which few alphabets exceed. */
export const assumedVocabulary = 256;

/** Whether the number of token ids is found in the data alone. */
export function dependsOnData(data: DataConfig): boolean {
  return data.kind === 'text' && data.tokenizer === 'characters';
}
