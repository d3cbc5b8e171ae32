import { type MuLawTokenizer, muLawTokenizer } from '@sparse-transformers/tokenizers';
import { type MediaOptions, openMedia } from '../media/index.ts';
import { BadInput, badInput, checkWholeNumber, words, wrongArgument } from '../refusals/index.ts';
import type { TokenDataset } from '../token-dataset.ts';
import { FileBytes } from './file-bytes.ts';
import { readSounds } from './read-sound.ts';
import { highestRate, lowestRate, resample } from './resample.ts';
import type { Sound } from './sound.ts';

/** The paper's rate (section 7.3). */
const defaultRate = 12_000;
const defaultMaxSeconds = 86_400;
/** A day: all that is before is decoded to get there. */
const latestStart = 86_400;

/** Options of {@link openAudioDataset}. */
export interface AudioDatasetOptions extends MediaOptions {
  /** Samples in a second, from 1,000 to 192,000: sound of another rate is resampled. Default: 12,000, the paper's. */
  readonly sampleRate?: number;
  /** The longest that one file may be, in seconds: small files can unpack to terabytes of silence. Default: 86,400, a day. */
  readonly maxSeconds?: number;
}

/** An open dataset of sound. */
export interface AudioDataset extends TokenDataset {
  /** The µ-law, and the rate. */
  readonly tokenizer: MuLawTokenizer;
  /** Null: windows begin anywhere. */
  readonly record: null;
}

/**
 * Opens sound as µ-law tokens, one a sample.
 *
 * A path is a file, a folder with all below it, or a pattern such as `music/*.flac`. Files are WAV (whole numbers of 8, 16, 24
 * or 32 bits, floating point, G.711 µ-law and A-law), FLAC and Ogg Vorbis, told by their content. Channels are averaged, sound
 * is resampled to `sampleRate`, and amplitudes become the paper's 256 continuous µ-law levels; G.711's µ-law too, which is
 * close to it, not the same. Files in folders with other names are left out, and named in `skipped`.
 *
 * Each file is a piece of its own: {@link randomWindows} keeps a window within its piece, unless the piece is shorter. All is
 * decoded once, into the cache folder.
 *
 * @throws {@link DatasetError} for paths that lead to nothing; for a file that cannot be used, unless `onBadInput` is `skip`;
 * for options out of range; and where a library is needed and missing.
 */
export async function openAudioDataset(
  paths: string | readonly string[],
  options: AudioDatasetOptions = {},
): Promise<AudioDataset> {
  const { sampleRate = defaultRate, maxSeconds = defaultMaxSeconds } = options;
  checkWholeNumber('openAudioDataset', 'sampleRate', sampleRate, lowestRate, highestRate);
  checkWholeNumber('openAudioDataset', 'maxSeconds', maxSeconds, 1, Number.MAX_SAFE_INTEGER / highestRate);
  const tokenizer = muLawTokenizer({ sampleRate });
  return openMedia(paths, options, {
    operation: 'openAudioDataset',
    tokenizer,
    record: null,
    extensions: ['.wav', '.wave', '.flac', '.ogg', '.oga'],
    decodingOf: async () => ({
      recipe: { sound: { maxSeconds, decoding: 2 } },
      decode: ({ path }) => levels(path, tokenizer, maxSeconds),
      atOnce: 1,
    }),
  });
}

/** What {@link readAudio} is told. */
export interface ReadAudioOptions {
  /** Samples in a second of the tokens. Default: 12,000. */
  readonly sampleRate?: number;
  /** The most seconds to read; what follows is left. Default: 60. */
  readonly maxSeconds?: number;
  /** Where to begin, in seconds from the beginning of the file. Default: 0. */
  readonly startSeconds?: number;
}

/**
 * The tokens of one file of sound, made as {@link openAudioDataset} does: for a prompt.
 *
 * @throws {@link DatasetError} for a file that cannot be used, a start behind its end, options out of range, or a missing library.
 */
export async function readAudio(path: string, options: ReadAudioOptions = {}): Promise<Int32Array> {
  const { sampleRate = defaultRate, maxSeconds = 60, startSeconds = 0 } = options;
  checkWholeNumber('readAudio', 'sampleRate', sampleRate, lowestRate, highestRate);
  checkWholeNumber('readAudio', 'maxSeconds', maxSeconds, 1, 3600);
  checkStart(startSeconds);
  const start = Math.round(startSeconds * sampleRate);
  const tokens = new Int32Array(maxSeconds * sampleRate);
  let [passed, count] = [0, 0];
  try {
    for await (const piece of levels(path, muLawTokenizer({ sampleRate }), Number.POSITIVE_INFINITY)) {
      const wanted = piece.subarray(Math.min(piece.length, Math.max(0, start - passed)));
      passed += piece.length;
      const part = wanted.subarray(0, tokens.length - count);
      tokens.set(part, count);
      count += part.length;
      if (count === tokens.length) break;
    }
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    throw badInput(
      'corrupt',
      `read ${path}`,
      error.message,
      ['pass a file that can be read', ...error.ways],
      error,
    );
  }
  if (count > 0) return tokens.slice(0, count);
  const seconds = Number((passed / sampleRate).toPrecision(3));
  throw wrongArgument('readAudio', 'startSeconds', {
    expected: `before the end of ${path}, at ${seconds} s`,
    came: startSeconds,
    wayOut: 'begin earlier',
  });
}

function checkStart(startSeconds: number): void {
  if (startSeconds >= 0 && startSeconds <= latestStart) return;
  const expected = `a number from 0 to ${latestStart}`;
  throw wrongArgument('readAudio', 'startSeconds', {
    expected,
    came: startSeconds,
    wayOut: 'pass such a number',
  });
}

/** The levels of a file, a byte each, piece by piece. */
async function* levels(
  path: string,
  tokenizer: MuLawTokenizer,
  maxSeconds: number,
): AsyncGenerator<Uint8Array> {
  const file = await FileBytes.open(path);
  try {
    let count = 0;
    for await (const samples of resampled(readSounds(file), tokenizer.sampleRate)) {
      count += samples.length;
      if (count > maxSeconds * tokenizer.sampleRate) {
        throw new BadInput(`it is longer than ${maxSeconds} seconds`, [
          words`if it is to be trusted, raise ${{ option: 'maxSeconds' }}`,
        ]);
      }
      if (!samples.every(Number.isFinite)) throw new BadInput('it holds samples that are not numbers');
      yield Uint8Array.from(tokenizer.encode(samples));
    }
    if (count === 0) throw new BadInput('it holds no samples');
  } finally {
    await file.close();
  }
}

async function* resampled(sounds: AsyncIterable<Sound>, sampleRate: number): AsyncGenerator<Float32Array> {
  for await (const sound of sounds) yield* resample(sound, sampleRate);
}
