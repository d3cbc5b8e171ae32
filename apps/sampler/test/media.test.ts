/** Models of images and of sound: what they go on from, and the files they write. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng, encodeWav, readAudio, readImage } from '@sparse-transformers/datasets';
import { useEngine } from '@sparse-transformers/engines';
import { muLawTokenizer, pixelTokenizer } from '@sparse-transformers/tokenizers';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { runMain } from './run-main.ts';
import { newFolder, tinyFiles, writeRun } from './tiny-run.ts';

const shape = { rows: 4, columns: 4, channels: 3 } as const;
const size = 4 * 4 * 3;
const sampleRate = 8000;

let [images, unlearned, music] = ['', '', ''];
let folder = '';

beforeAll(async () => {
  await useEngine('cpu');
  const ofImage = { positions: { kind: 'image', ...shape }, length: size } as const;
  images = await writeRun(await tinyFiles(pixelTokenizer(shape), 1, { ...ofImage, start: 'learned' }));
  unlearned = await writeRun(await tinyFiles(pixelTokenizer(shape), 1, ofImage));
  music = await writeRun(await tinyFiles(muLawTokenizer({ sampleRate }), 1, { length: 200 }));
  folder = newFolder();
});

/** A picture that no model would make. */
const pixels = Int32Array.from({ length: size }, (_, place) => (place * 5) % 256);

function writePicture(name: string, rows: number): string {
  const path = join(folder, name);
  const tokens = pixels.subarray(0, rows * shape.columns * shape.channels);
  writeFileSync(path, encodePng([tokens], { ...shape, rows }));
  return path;
}

describe('a model of images', () => {
  it('writes a grid of whole images, and nothing to standard output', async () => {
    const out = join(folder, 'grid.png');
    const { text, notes, refusal } = await runMain([images, '--samples', '5', '--out', out]);
    expect([refusal, text]).toEqual([null, '']);
    expect(notes).toMatch(/Wrote .*grid\.png\n240 tokens in/);
    const grid = { rows: 2 * 4 + 1, columns: 3 * 4 + 2 };
    const header = readFileSync(out);
    expect([header.readUInt32BE(20), header.readUInt32BE(16)]).toEqual([grid.rows, grid.columns]);
  });

  it('writes each pixel as a square, where it is told to enlarge', async () => {
    const [plain, large] = [join(folder, 'plain.png'), join(folder, 'large.png')];
    await runMain([images, '--samples', '2', '--out', plain]);
    const { refusal } = await runMain([images, '--samples', '2', '--scale', '3', '--out', large]);
    expect(refusal).toBe(null);
    const [rows, columns] = [4, 2 * 4 + 1];
    const tokens = await readImage(plain, { rows, columns });
    const squares = Int32Array.from({ length: 9 * tokens.length }, (_, place) => {
      const [row, column] = [Math.floor(place / 9 / columns), Math.floor(place / 3) % (3 * columns)];
      return tokens[(Math.floor(row / 3) * columns + Math.floor(column / 3)) * 3 + (place % 3)]!;
    });
    expect(await readImage(large, { rows: 3 * rows, columns: 3 * columns })).toEqual(squares);
  });

  it('writes the same images for the same seed, and others for another', async () => {
    const written = async (seed: string) => {
      const out = join(folder, `seed-${seed}.png`);
      await runMain([images, '--seed', seed, '--out', out]);
      return readFileSync(out).toString('base64');
    };
    expect(await written('1')).toBe(await written('1'));
    expect(await written('1')).not.toBe(await written('2'));
  });

  it.each([
    ['the rows asked for', 4, ['--prompt-rows', '1'], 1],
    ['the upper half of a whole picture', 4, [], 2],
    ['all of a picture that is the upper part of an image', 3, [], 3],
    ['the rows asked for of such a part', 3, ['--prompt-rows', '2'], 2],
  ])('goes on from %s', async (name, fileRows, options, kept) => {
    const [file, out] = [writePicture(`${name}-given.png`, fileRows), join(folder, `${name}.png`)];
    const { refusal } = await runMain([images, '--prompt-file', file, '--out', out, ...options]);
    expect(refusal).toBe(null);
    const tokens = [...(await readImage(out, shape))];
    const given = kept * 4 * 3;
    expect(tokens.slice(0, given)).toEqual([...pixels.subarray(0, given)]);
    expect(tokens.slice(given)).not.toEqual([...pixels.subarray(given)]);
  });

  it('leaves no tensor behind', async () => {
    const tensors = tf.memory().numTensors;
    await runMain([images, '--samples', '2', '--out', join(folder, 'leaks.png')]);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it.each<[string, () => string[], RegExp]>([
    ['no file to write', () => [images], /no text, so they need a file.*--out sample\.png/],
    [
      'a file of another kind',
      () => [images, '--out', 'a.wav'],
      /--out a\.wav: expected a name that ends with \.png/,
    ],
    [
      'a folder that is not there',
      () => [images, '--out', '/no/such/a.png'],
      /into \/no\/such, but there is no such folder/,
    ],
    [
      'a prompt of text',
      () => [images, '--prompt', 'a', '--out', 'a.png'],
      /--prompt was given, .* images.*--prompt-file/,
    ],
    [
      'a number of tokens',
      () => [images, '--tokens', '3', '--out', 'a.png'],
      /--tokens was given.*always whole/,
    ],
    ['seconds', () => [images, '--seconds', '3', '--out', 'a.png'], /--seconds was given.* images/],
    [
      'a start in sound',
      () => [images, '--prompt-start', '3', '--out', 'a.png'],
      /--prompt-start was given.* images.*leave it out/,
    ],
    [
      'half a pixel',
      () => [images, '--scale', '0.5', '--out', 'a.png'],
      /--scale must be a whole number from 1 to 256, such as 1, but is "0\.5"/,
    ],
    [
      'a picture beyond reason',
      () => [images, '--scale', '256', '--samples', '1000', '--out', 'a.png'],
      /--scale 256 makes too large a picture of --samples 1000\. Give --scale 74 or less/,
    ],
    [
      'too many images',
      () => [images, '--samples', '65537', '--out', 'a.png'],
      /--samples must be .*to 65536/,
    ],
    [
      'rows without a picture',
      () => [images, '--prompt-rows', '3', '--out', 'a.png'],
      /--prompt-rows needs a picture/,
    ],
    [
      'all rows',
      () => [images, '--prompt-file', writePicture('all.png', 4), '--prompt-rows', '4', '--out', 'a.png'],
      /--prompt-rows must be from 1 to 3 for this picture and model, but is 4/,
    ],
    [
      'a picture that is not there',
      () => [images, '--prompt-file', '/no/such.png', '--out', 'a.png'],
      /--prompt-file \/no\/such\.png: expected a picture, but ENOENT/,
    ],
    [
      'a picture that is none',
      () => [
        images,
        '--prompt-file',
        join(images, 'checkpoints/step-000000300/model.json'),
        '--out',
        'a.png',
      ],
      /model\.json.*picture/,
    ],
    [
      'no beginning where none is learned',
      () => [unlearned, '--out', 'a.png'],
      /no learned start.*--prompt-file/,
    ],
  ])('refuses %s', async (_, args, message) => {
    expect((await runMain(args())).refusal).toMatch(message);
  });
});

/** Eight tokens to go on from, and a new one. */
const hasNine = (tokens: Int32Array) => tokens.length === 9;

describe('a model of sound', () => {
  const rate = ['--seconds', '0.01'];

  it('writes a WAV for each sample, from silence', async () => {
    const out = join(folder, 'music.wav');
    const { notes, refusal } = await runMain([music, ...rate, '--samples', '2', '--out', out]);
    expect(refusal).toBe(null);
    expect(notes).toMatch(/Wrote .*music-1\.wav\nWrote .*music-2\.wav\n160 tokens in/);
    const tokens = await readAudio(join(folder, 'music-2.wav'), { sampleRate });
    expect(tokens).toHaveLength(81);
    expect(tokens[0]).toBe(128);
    expect(readdirSync(folder)).not.toContain('music.wav');
  });

  it('goes on from the first seconds of a file', async () => {
    const [file, out] = [join(folder, 'given.wav'), join(folder, 'longer.wav')];
    const given = Float32Array.from({ length: 160 }, (_, i) => Math.sin(i / 5) / 2);
    writeFileSync(file, encodeWav(given, sampleRate));
    const { refusal } = await runMain([
      music,
      '--prompt-file',
      file,
      '--prompt-seconds',
      '0.01',
      '--tokens',
      '7',
      '--out',
      out,
    ]);
    expect(refusal).toBe(null);
    const tokens = await readAudio(out, { sampleRate });
    expect(tokens).toHaveLength(87);
    expect([...tokens.subarray(0, 80)]).toEqual([...(await readAudio(file, { sampleRate })).subarray(0, 80)]);
  });

  describe('from anywhere in a file', () => {
    const at = async (...options: string[]) => {
      const [file, out] = [join(folder, 'song.wav'), join(folder, 'on.wav')];
      const song = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i * i) / 2);
      writeFileSync(file, encodeWav(song, sampleRate));
      const args = [music, '--prompt-file', file, ...options, '--tokens', '1', '--out', out];
      const { refusal, notes } = await runMain(args);
      return { refusal, notes, file, out };
    };

    it('goes on', async () => {
      const { refusal, notes, file, out } = await at('--prompt-start', '0.1', '--prompt-seconds', '0.02');
      expect([refusal, notes]).toEqual([null, expect.not.stringContaining('Beginning')]);
      const song = await readAudio(file, { sampleRate });
      expect([...(await readAudio(out, { sampleRate })).subarray(0, 160)]).toEqual([
        ...song.subarray(800, 960),
      ]);
    });

    it('tells which part it took, where it was not told how much', async () => {
      const { notes } = await at('--prompt-start', '0.1');
      expect(notes).toMatch(
        /Beginning: 0\.0125 s of \S*song\.wav from 0\.1 s on; --prompt-seconds takes more/,
      );
    });

    it('takes what is left where that is less', async () => {
      const { refusal, out } = await at('--prompt-start', '0.124');
      expect([refusal, await readAudio(out, { sampleRate })]).toEqual([null, expect.toSatisfy(hasNine)]);
    });

    it.each([
      [
        ['--prompt-start', '0.2'],
        /--prompt-start must be before the end of .*song\.wav, at 0\.125 s, got 0\.2; begin earlier/,
      ],
      [
        ['--prompt-start', '-1'],
        /--prompt-start must be a number of seconds from 0 .* to 86400, such as 73\.5, but is "-1"/,
      ],
      [
        ['--prompt-start', '0.12', '--prompt-seconds', '0.02'],
        /--prompt-seconds 0\.02 is more than .*song\.wav has from 0\.12 s on: 0\.005 s\. Give that or less, or an earlier --prompt-start/,
      ],
    ])('refuses %j', async (options, message) => {
      expect((await at(...options)).refusal).toMatch(message);
    });
  });

  it('tells that it goes on from a part of a file, where it was not told how much', async () => {
    const file = join(folder, 'long.wav');
    writeFileSync(file, encodeWav(new Float32Array(sampleRate), sampleRate));
    const cut = await runMain([
      music,
      '--prompt-file',
      file,
      '--tokens',
      '1',
      '--out',
      join(folder, 'cut.wav'),
    ]);
    expect([cut.refusal, cut.notes]).toEqual([
      null,
      expect.stringMatching(
        /Beginning: the first [\d.]+ s of \S*long\.wav; --prompt-seconds takes more, below [\d.]+ s\./,
      ),
    ]);
    writeFileSync(file, encodeWav(new Float32Array(10), sampleRate));
    const whole = await runMain([
      music,
      '--prompt-file',
      file,
      '--tokens',
      '1',
      '--out',
      join(folder, 'cut2.wav'),
    ]);
    expect([whole.refusal, whole.notes]).toEqual([null, expect.not.stringContaining('Beginning')]);
  });

  it.each<[string, () => string[], RegExp]>([
    ['no file to write', () => [music], /--out sample\.wav/],
    [
      'a prompt of text',
      () => [music, '--prompt', 'a', '--out', 'a.wav'],
      /--prompt was given, .* sound.*--prompt-file/,
    ],
    [
      'rows',
      () => [music, '--prompt-rows', '1', '--out', 'a.wav'],
      /--prompt-rows was given.*--prompt-seconds/,
    ],
    [
      'seconds of nothing',
      () => [music, '--prompt-seconds', '1', '--out', 'a.wav'],
      /--prompt-seconds needs sound/,
    ],
    [
      'a start in nothing',
      () => [music, '--prompt-start', '1', '--out', 'a.wav'],
      /--prompt-start needs sound\. Give a file, with --prompt-file/,
    ],
    [
      'a larger picture',
      () => [music, '--scale', '2', '--out', 'a.wav'],
      /--scale was given, but this is a model of audio/,
    ],
    [
      'tokens and seconds',
      () => [music, ...rate, '--tokens', '3', '--out', 'a.wav'],
      /--tokens and --seconds were both given/,
    ],
    [
      'more than the model sees',
      () => [music, '--seconds', '2', '--out', 'a.wav'],
      /--seconds 2 is more .*199 tokens, 0\.0249 s/,
    ],
    [
      'no time',
      () => [music, '--seconds', '0', '--out', 'a.wav'],
      /--seconds must be a number above 0.* is "0"/,
    ],
    [
      'a beginning as long as the model',
      () => [music, '--prompt-file', 'x.wav', '--prompt-seconds', '1', '--out', 'a.wav'],
      /--prompt-seconds 1 is 8000 tokens, but the model sees at most 200.*less than 0\.025 s/,
    ],
  ])('refuses %s', async (_, args, message) => {
    expect((await runMain(args())).refusal).toMatch(message);
  });

  it('refuses to begin with more than a file has', async () => {
    const file = join(folder, 'short.wav');
    writeFileSync(file, encodeWav(new Float32Array(40), sampleRate));
    const args = [music, '--prompt-file', file, '--prompt-seconds', '0.01', '--out', join(folder, 'a.wav')];
    expect((await runMain(args)).refusal).toMatch(
      /--prompt-seconds 0\.01 is more than .*short\.wav has: 0\.005 s/,
    );
  });
});
