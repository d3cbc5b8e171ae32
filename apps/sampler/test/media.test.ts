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
