// The µ-law of the paper's audio (section 7.3) is the continuous one, f(x) = sign(x) · ln(1 + µ|x|) ÷ ln(1 + µ) with
// µ = 255, cut into 256 levels that grow with the amplitude. G.711's µ-law, in telephones and WAV files, is its
// approximation by straight lines, and its codes are in another order.

import { checkIds, checkWholeNumber, TokenizerError } from './errors.ts';
import type { SavedTokenizer } from './tokenizer.ts';

const mu = 255;
const size = 256;
/** ln(1 + µ): the logarithm at full scale. */
const range = Math.log1p(mu);

/** A saved {@link muLawTokenizer}. */
export interface MuLawTokenizerJson extends SavedTokenizer {
  /** Tells the kinds apart. */
  readonly kind: 'mu-law';
  /** Samples in a second. */
  readonly sampleRate: number;
}

/** Turns samples of sound into tokens and back: 256 levels, fine near silence, in the order of the amplitude. */
export interface MuLawTokenizer {
  /** What it makes tokens of: always `audio`. */
  readonly dataKind: 'audio';
  /** What a token is: always `mu-law`. */
  readonly kind: 'mu-law';
  /** How many ids there are: 256. */
  readonly size: 256;
  /** Samples in a second. */
  readonly sampleRate: number;
  /**
   * The level of each sample: 0 at −1, 128 at silence, 255 at 1. What is louder is cut to −1 … 1.
   *
   * @throws {@link TokenizerError} for a sample that is not a number.
   */
  encode(samples: Float32Array): Int32Array;
  /**
   * The amplitude of each level, from −1 to 1. `encode(decode(ids))` gives the ids.
   *
   * @throws {@link TokenizerError} for an id that is not a whole number from 0 to 255.
   */
  decode(ids: ArrayLike<number>): Float32Array;
  /** The saved form, for {@link tokenizerFromJSON}. */
  toJSON(): MuLawTokenizerJson;
}

/** The options of {@link muLawTokenizer}. */
export interface MuLawOptions {
  /** Samples in a second, a whole number from 1 to 768,000: what the tokens are meant to be played at. */
  readonly sampleRate: number;
}

/**
 * The tokenizer of sound at one rate, by the paper's µ-law.
 *
 * @throws {@link TokenizerError} for a rate out of range.
 */
export function muLawTokenizer({ sampleRate }: MuLawOptions): MuLawTokenizer {
  checkWholeNumber('muLawTokenizer', 'sampleRate', sampleRate, 1, 768_000);
  return {
    dataKind: 'audio',
    kind: 'mu-law',
    size,
    sampleRate,
    encode,
    decode(ids) {
      checkIds('decode', ids, size);
      return Float32Array.from(ids, (id) => amplitudes[id]!);
    },
    toJSON: () => ({ format: 'sparse-transformers/tokenizer', version: 1, kind: 'mu-law', sampleRate }),
  };
}

function encode(samples: Float32Array): Int32Array {
  const ids = new Int32Array(samples.length);
  for (let index = 0; index < samples.length; index++) {
    const sample = samples[index]!;
    if (Number.isNaN(sample)) {
      throw new TokenizerError(`encode: samples[${index}] must be a number, got NaN; mend the sound`);
    }
    const loudness = Math.log1p(mu * Math.min(1, Math.abs(sample))) / range;
    // f from −1 … 1 to 0 … 255, to the nearest.
    ids[index] = Math.floor((Math.sign(sample) * loudness + 1) * (mu / 2) + 0.5);
  }
  return ids;
}

/** The amplitude in the middle of each level, except that the levels at the ends stand for −1 and 1 themselves. */
const amplitudes = Float32Array.from({ length: size }, (_, level) => {
  const compressed = (2 * level) / mu - 1;
  return (Math.sign(compressed) * Math.expm1(Math.abs(compressed) * range)) / mu;
});
