import type { DataConfig } from '../configuration/index.ts';
import { unitOf } from '../messages/index.ts';

/** What the loss in bits is counted in, for the data of a configuration. */
export function unitOfData(data: DataConfig): string {
  if (data.kind === 'text') return unitOf({ kind: data.tokenizer });
  return unitOf({ kind: data.kind === 'images' ? 'pixels' : 'mu-law' });
}
