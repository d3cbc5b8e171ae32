import { type DataConfig, kindOf } from '../data-kinds/index.ts';

/** Ids of the tokens of a configuration's data. Where only the data tells: as many as bytes have, which few alphabets exceed. */
export function assumedVocabulary(data: DataConfig): number {
  return kindOf(data).vocabulary(data) ?? 256;
}

/** Whether the number of token ids is found in the data alone. */
export function dependsOnData(data: DataConfig): boolean {
  return kindOf(data).vocabulary(data) === null;
}
