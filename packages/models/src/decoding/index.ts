/** Decoding with cached keys and values. */
export { createDecoder, type Decoder, type OpenedSequence, type Sequence } from './decoder.ts';
