import type { AnyTokenizer } from '@sparse-transformers/tokenizers';

const units: Readonly<Record<AnyTokenizer['kind'], string>> = {
  bytes: 'bits per byte',
  characters: 'bits per character',
  pixels: 'bits per dim',
  'mu-law': 'bits per sample',
};

/** What the loss in bits is counted in, for a kind of tokens. */
export function unitOf({ kind }: Pick<AnyTokenizer, 'kind'>): string {
  return units[kind];
}
