export { buildCharacterTokenizer } from './build-character-tokenizer.ts';
export { byteTokenizer } from './byte-tokenizer.ts';
export { characterTokenizer } from './character-tokenizer.ts';
export { TokenizerError, UnknownCharacterError } from './errors.ts';
export type {
  ByteTokenizerJson,
  CharacterTokenizerJson,
  SavedTokenizer,
  StreamDecoder,
  StreamEncoder,
  Tokenizer,
  TokenizerJson,
} from './tokenizer.ts';
export { tokenizerFromJSON } from './tokenizer-from-json.ts';
