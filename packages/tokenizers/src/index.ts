export { buildCharacterTokenizer } from './build-character-tokenizer.ts';
export { byteTokenizer } from './byte-tokenizer.ts';
export { characterTokenizer } from './character-tokenizer.ts';
export { TokenizerError, UnknownCharacterError } from './errors.ts';
export {
  type MuLawOptions,
  type MuLawTokenizer,
  type MuLawTokenizerJson,
  muLawTokenizer,
} from './mu-law-tokenizer.ts';
export {
  type PixelShape,
  type PixelTokenizer,
  type PixelTokenizerJson,
  pixelTokenizer,
} from './pixel-tokenizer.ts';
export type {
  AnyTokenizer,
  ByteTokenizerJson,
  CharacterTokenizerJson,
  SavedTokenizer,
  StreamDecoder,
  StreamEncoder,
  TextTokenizerJson,
  Tokenizer,
  TokenizerJson,
} from './tokenizer.ts';
export { tokenizerFromJSON } from './tokenizer-from-json.ts';
