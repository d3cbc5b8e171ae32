import { join } from 'node:path';
import { muLawTokenizer } from '@sparse-transformers/tokenizers';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type AudioDataset,
  type AudioDatasetOptions,
  openAudioDataset,
  randomWindows,
} from '../../src/index.ts';
import { folderOf, temporaryFolder } from '../temporary-folder.ts';
import { flac, sixteenBits, tone, vorbis, type WavParts, wav, wavChunk } from './sounds.ts';

async function open(
  paths: string | readonly string[],
  options: Partial<AudioDatasetOptions> = {},
): Promise<AudioDataset> {
  const cacheFolder = await temporaryFolder();
  const dataset = await openAudioDataset(paths, { cacheFolder, split: { all: 1 }, ...options });
  onTestFinished(() => dataset.close());
  return dataset;
}

async function tokensOf(dataset: AudioDataset): Promise<number[]> {
  const split = dataset.split('all');
  const tokens = new Int32Array(split.tokens);
  await split.read(0, tokens);
  return [...tokens];
}

/** The tokens of one file of sound. */
async function decoded(file: Uint8Array, options: Partial<AudioDatasetOptions> = {}): Promise<number[]> {
  return tokensOf(await open(await folderOf({ 'a.wav': file }), options));
}

const levels = (samples: readonly number[]) => [
  ...muLawTokenizer({ sampleRate: 12_000 }).encode(Float32Array.from(samples)),
];

/** The amplitudes that tokens stand for. */
const amplitudes = (tokens: readonly number[]) => [...muLawTokenizer({ sampleRate: 12_000 }).decode(tokens)];

/** The largest difference between two rows of amplitudes. */
const farthest = (actual: readonly number[], expected: readonly number[]) =>
  Math.max(...actual.map((amplitude, index) => Math.abs(amplitude - expected[index]!)));

const bytesOf = (array: { readonly buffer: ArrayBufferLike }) => new Uint8Array(array.buffer);

describe('openAudioDataset of WAV', () => {
  const halves = levels([-1, -0.5, 0, 0.5]);
  it.each<[string, Omit<WavParts, 'data'>, Uint8Array]>([
    ['8 bits', { bits: 8 }, Uint8Array.of(0, 64, 128, 192)],
    ['16 bits', { bits: 16 }, bytesOf(Int16Array.of(-32_768, -16_384, 0, 16_384))],
    ['24 bits', { bits: 24 }, Uint8Array.of(0, 0, 0x80, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0x40)],
    ['32 bits', { bits: 32 }, bytesOf(Int32Array.of(-(2 ** 31), -(2 ** 30), 0, 2 ** 30))],
    ['floats of 32 bits', { format: 3, bits: 32 }, bytesOf(Float32Array.of(-1, -0.5, 0, 0.5))],
    ['floats of 64 bits', { format: 3, bits: 64 }, bytesOf(Float64Array.of(-1, -0.5, 0, 0.5))],
    ['an extensible header', { isExtensible: true }, bytesOf(Int16Array.of(-32_768, -16_384, 0, 16_384))],
    [
      'a chunk of odd size before',
      { before: wavChunk('LIST', Uint8Array.of(1, 2, 3, 0), 3) },
      sixteenBits([-1, -0.5, 0, 0.5]),
    ],
  ])('reads %s', async (_name, parts, data) => {
    expect(await decoded(wav({ ...parts, data }))).toEqual(halves);
  });

  it('reads the smallest, a middle and the largest code of µ-law and A-law', async () => {
    // Values of ITU-T G.711, tables 1 and 2, at 16 bits.
    const muLaw = wav({ format: 7, bits: 8, data: Uint8Array.of(0x00, 0x80, 0xff, 0x7f, 0xf0, 0x1f) });
    expect(await decoded(muLaw)).toEqual(
      levels([-32_124, 32_124, 0, 0, 120, -8_316].map((value) => value / 32_768)),
    );
    const aLaw = wav({ format: 6, bits: 8, data: Uint8Array.of(0x2a, 0xaa, 0xd5, 0x55, 0x80, 0x00) });
    expect(await decoded(aLaw)).toEqual(
      levels([-32_256, 32_256, 8, -8, 5_504, -5_504].map((value) => value / 32_768)),
    );
  });

  it('averages channels', async () => {
    const data = sixteenBits([0.5, -0.5, 0.5, 0.25, 1, 1]);
    expect(await decoded(wav({ channels: 2, data }))).toEqual(levels([0, 0.375, 1]));
  });

  it('takes samples to the end where the size was not known when the file was written', async () => {
    const data = sixteenBits(tone(100, 12_000));
    const whole = await decoded(wav({ data }));
    // sox says 0x7ffff000, arecord 0x80000000, ffmpeg the largest number.
    for (const size of [0, 0x7ffff000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff])
      expect(await decoded(wav({ data, size }))).toEqual(whole);
  });

  it('leaves what is no whole sample at the end of a pipe', async () => {
    const data = sixteenBits(tone(100, 12_000));
    const whole = await decoded(wav({ data }));
    const cut = Buffer.concat([data, Uint8Array.of(7)]);
    expect(await decoded(wav({ data: cut, size: 0x7ffff000 }))).toEqual(whole);
  });

  it('refuses several files in one, of which the first alone would be heard', async () => {
    const file = wav({ data: sixteenBits(tone(100, 12_000)) });
    await expect(decoded(Buffer.concat([file, file]))).rejects.toThrow('it holds several WAV files');
  });

  it('reads RF64, whose size stands in another chunk', async () => {
    const data = sixteenBits(tone(50, 12_000));
    const sizes = Buffer.alloc(28);
    sizes.writeBigUInt64LE(BigInt(data.length), 8);
    const after = wavChunk('LIST', Uint8Array.of(1, 2));
    const file = Buffer.from(wav({ data, size: 0xffffffff, before: wavChunk('ds64', sizes), after }));
    file.write('RF64');
    expect(await decoded(file)).toEqual(await decoded(wav({ data })));
  });

  it('leaves chunks and tags after the samples alone', async () => {
    const data = sixteenBits(tone(100, 12_000));
    const whole = await decoded(wav({ data }));
    for (const after of [
      wavChunk('LIST', Uint8Array.of(1, 2)),
      Buffer.from('TAG of a music player'),
      Uint8Array.of(0),
    ]) {
      expect(await decoded(wav({ data, after }))).toEqual(whole);
    }
  });
});

describe('openAudioDataset at another rate', () => {
  it.each([8_000, 11_025, 44_100, 48_000, 96_000])(
    'keeps a tone of %d samples a second in place',
    async (sampleRate) => {
      const data = sixteenBits(tone(sampleRate, sampleRate));
      const tokens = await decoded(wav({ sampleRate, data }));
      expect(tokens).toHaveLength(12_000);
      const expected = tone(12_000, 12_000);
      // The filter rings where the tone begins and ends; a level at half of full scale is 0.011 wide.
      expect(farthest(amplitudes(tokens).slice(200, -200), expected.slice(200, -200))).toBeLessThan(0.013);
    },
  );

  it('lets nothing through above half the rate', async () => {
    const data = sixteenBits(tone(48_000, 48_000, 9_000));
    const heard = amplitudes(await decoded(wav({ sampleRate: 48_000, data }))).slice(200, -200);
    expect(Math.max(...heard.map(Math.abs))).toBeLessThan(0.0005);
  });

  it('gives ⌈n × rate ÷ rate⌉ tokens, of any number of samples', async () => {
    for (const count of [1, 2, 100, 44_101, 70_000]) {
      const tokens = await decoded(wav({ sampleRate: 44_100, data: sixteenBits(tone(count, 44_100)) }));
      expect(tokens).toHaveLength(Math.ceil((count * 12_000) / 44_100));
    }
  });

  it('goes up to a rate that is asked for', async () => {
    const data = sixteenBits(tone(1_200, 12_000));
    const dataset = await open(await folderOf({ 'a.wav': wav({ data }) }), { sampleRate: 24_000 });
    expect([dataset.tokens, dataset.tokenizer.sampleRate]).toEqual([2_400, 24_000]);
  });
});

describe('openAudioDataset of packed sound', () => {
  const samples = tone(24_000, 12_000);
  /** A packed level may be one off. */
  const expectNear = (tokens: readonly number[], tolerance: number): void => {
    expect(tokens).toHaveLength(samples.length);
    expect(farthest(amplitudes(tokens), samples)).toBeLessThan(tolerance);
  };

  it('reads FLAC', async () => expectNear(await decoded(flac(samples, 12_000)), 0.012));

  it('reads all streams of a chained Ogg, as one after the other', async () => {
    const short = samples.slice(0, 6_000);
    const streams = [
      await vorbis(12_000, short),
      await vorbis(24_000, short, short),
      await vorbis(12_000, short),
    ];
    const apart = await Promise.all(streams.map((stream) => decoded(stream)));
    const whole = Buffer.from(apart.flat());
    const isWhole = async (file: Uint8Array) => whole.equals(Buffer.from(await decoded(file)));
    expect(await isWhole(Buffer.concat(streams))).toBe(true);
    expect(await isWhole(Buffer.concat([...streams, Buffer.from('TAGof a player')]))).toBe(true);
    const torn = Buffer.concat(streams).subarray(0, -100);
    await expect(decoded(torn)).rejects.toThrow('it is truncated');
    await expect(decoded(Buffer.concat([streams[0]!, Buffer.from('more')]))).rejects.toThrow(
      '4 bytes follow the end',
    );
  });

  it('reads Ogg Vorbis', async () => expectNear(await decoded(await vorbis(12_000, samples)), 0.05));

  it('averages the channels of Ogg Vorbis', async () => {
    const opposite = samples.map((sample) => -sample);
    const heard = amplitudes(await decoded(await vorbis(12_000, samples, opposite)));
    expect(Math.max(...heard.map(Math.abs))).toBeLessThan(0.02);
  });

  it('reads FLAC of a length that is not told', async () =>
    expectNear(await decoded(flac(samples, 12_000, 0)), 0.012));
});

describe('openAudioDataset of files that cannot be used', () => {
  const samples = tone(3_000, 12_000);
  const data = sixteenBits(samples);
  const flip = (file: Uint8Array, place: number): Uint8Array => {
    const changed = Uint8Array.from(file);
    changed[place]! ^= 0xff;
    return changed;
  };
  const bad: Record<string, [() => Uint8Array | Promise<Uint8Array>, string]> = {
    'an empty file': [() => new Uint8Array(0), 'it is empty'],
    text: [() => Buffer.from('do re mi'), 'it is none of WAV, FLAC or Ogg Vorbis'],
    'a WAV that says more than it holds': [
      () => wav({ data, size: 7_000 }),
      'it says 7000 bytes of samples and holds 6000',
    ],
    'a WAV that says less than it holds': [
      () => wav({ data, size: 1_000 }),
      'it says 1000 bytes of samples, and 5000 bytes follow that are no chunk',
    ],
    'a WAV of half a frame': [() => wav({ data: data.subarray(1) }), 'are not whole frames of 2 bytes'],
    'a WAV of no channels': [() => wav({ data, channels: 0 }), 'it says 0 channels, expected 1 to 64'],
    'a WAV of too many channels': [() => wav({ data, channels: 3_000 }), 'it says 3000 channels'],
    'a WAV of no samples a second': [() => wav({ data, sampleRate: 0 }), 'it says 0 samples a second'],
    'a WAV of an absurd rate': [
      () => wav({ data, sampleRate: 4_000_000_000 }),
      'it says 4000000000 samples a second, expected 1000 to 192000',
    ],
    'a WAV of unknown samples': [
      () => wav({ data, format: 2 }),
      'its samples, of format 2 with 16 bits, are of no kind',
    ],
    'a WAV of 12 bits': [
      () => wav({ data, bits: 12 }),
      'its samples, of format 1 with 12 bits, are of no kind',
    ],
    'a WAV without samples': [() => wav({ data: new Uint8Array(0) }), 'it holds no samples'],
    'a WAV of a header alone': [() => wav({ data }).subarray(0, 36), 'it has no chunk "data"'],
    'a WAV of nothing but chunks': [
      () => Buffer.concat([Buffer.from('RIFFsizeWAVE'), Buffer.from('junk\0\0\0\0'.repeat(5_000))]),
      'it has no chunk "data"',
    ],
    'a WAV that is not a number': [
      () => wav({ format: 3, bits: 32, data: bytesOf(Float32Array.of(0, Number.NaN)) }),
      'it holds samples that are not numbers',
    ],
    'a WAV that is infinitely loud': [
      () =>
        wav({
          format: 3,
          bits: 32,
          sampleRate: 24_000,
          data: bytesOf(new Float32Array(100).fill(Number.POSITIVE_INFINITY)),
        }),
      'it holds samples that are not numbers',
    ],
    'a truncated FLAC': [
      () => flac(samples, 12_000).subarray(0, -2_100),
      'it says 3000 samples and holds 1000',
    ],
    'a FLAC of a header alone': [() => flac(samples, 12_000).subarray(0, 20), 'its header is cut short'],
    'a truncated Ogg': [async () => (await vorbis(12_000, samples)).subarray(0, -100), 'it is truncated'],
    'a damaged Ogg': [async () => flip(await vorbis(12_000, samples), 2_900), 'is damaged'],
    'an Ogg of something else': [
      async () => flip(await vorbis(12_000, samples), 30),
      'neither Vorbis nor FLAC',
    ],
  };

  it.each(Object.keys(bad))('refuses %s, or leaves it out by choice and names it', async (name) => {
    const [make, message] = bad[name]!;
    const good = wav({ data: sixteenBits([0.5, 0.25]) });
    const folder = await folderOf({ 'a.wav': good, 'b.wav': await make(), 'c.wav': good });
    await expect(open(folder)).rejects.toThrow(`read ${join(folder, 'b.wav')}: it`);
    await expect(open(folder)).rejects.toThrow(message);
    const dataset = await open(folder, { onBadInput: 'skip' });
    expect(await tokensOf(dataset)).toEqual(levels([0.5, 0.25, 0.5, 0.25]));
    expect(dataset.skipped).toEqual([
      { path: join(folder, 'b.wav'), reason: expect.stringContaining(message) },
    ]);
  });

  it('refuses a damaged FLAC', async () => {
    const folder = await folderOf({ 'a.flac': flip(flac(samples, 12_000), 3_000) });
    await expect(open(folder)).rejects.toThrow(`read ${join(folder, 'a.flac')}: it`);
  });

  it('takes back what it made of a file that turns out damaged at its end', async () => {
    const long = tone(200_000, 12_000);
    const good = sixteenBits([0.5, 0.25]);
    const folder = await folderOf({
      'a.flac': flac(long.slice(0, 100_000), 12_000, 100_001),
      'b.wav': wav({ data: good }),
    });
    const dataset = await open(folder, { onBadInput: 'skip' });
    expect(await tokensOf(dataset)).toEqual(levels([0.5, 0.25]));
    const alone = await open(await folderOf({ 'b.wav': wav({ data: good }) }));
    expect(dataset.fingerprint).toEqual(alone.fingerprint);
  });

  it('refuses a file longer than it is told to take', async () => {
    const folder = await folderOf({ 'a.wav': wav({ data: sixteenBits(tone(12_001, 12_000)) }) });
    await expect(open(folder, { maxSeconds: 1 })).rejects.toThrow('it is longer than 1 seconds');
  });

  it.each([
    [{ sampleRate: 0 }, 'openAudioDataset: sampleRate must be a whole number from 1000 to 192000, got 0'],
    [{ maxSeconds: 0.5 }, 'maxSeconds must be a whole number'],
  ])('refuses the options %j', async (options, message) => {
    await expect(open('nothing', options)).rejects.toThrow(message);
  });
});

describe('the pieces of an audio dataset', () => {
  const piece = (count: number, amplitude: number) =>
    wav({ data: sixteenBits(Array(count).fill(amplitude)) });

  it('are the files in order, and random windows keep within them', async () => {
    const folder = await folderOf({
      'b.wav': piece(30, 0.5),
      'a.wav': piece(20, -0.5),
      'c/d.wav': piece(40, 0),
    });
    const dataset = await open(folder);
    const split = dataset.split('all');
    expect([split.pieces, split.record, dataset.record]).toEqual([[0, 20, 50], undefined, null]);
    const { inputs, targets } = await randomWindows(split, { length: 10, batch: 500, seed: 1 }).next();
    for (let row = 0; row < 500; row++) {
      const window = [
        ...inputs.subarray(row * 10, row * 10 + 10),
        ...targets.subarray(row * 10, row * 10 + 10),
      ];
      expect(new Set(window).size).toBe(1);
    }
  });

  it('come from the cache too', async () => {
    const folder = await folderOf({ 'a.wav': piece(20, 0.5), 'b.wav': piece(30, -0.5) });
    const cacheFolder = await temporaryFolder();
    const first = await open(folder, { cacheFolder });
    const second = await open(folder, { cacheFolder, onProgress: () => expect.fail('made again') });
    expect(second.split('all').pieces).toEqual([0, 20]);
    expect(await tokensOf(second)).toEqual(await tokensOf(first));
  });
});
