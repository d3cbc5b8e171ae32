/** Sound of samples as it is written, and of prompts as it is read. */
import { join } from 'node:path';
import { muLawTokenizer } from '@sparse-transformers/tokenizers';
import { describe, expect, it } from 'vitest';
import { encodeWav, readAudio } from '../../src/index.ts';
import { folderOf } from '../temporary-folder.ts';
import { sixteenBits, tone, wav } from './sounds.ts';

describe('readAudio and encodeWav', () => {
  it('read back what was written', async () => {
    const tokenizer = muLawTokenizer({ sampleRate: 12_000 });
    const tokens = Int32Array.from({ length: 256 }, (_, id) => id);
    const folder = await folderOf({ 'a.wav': encodeWav(tokenizer.decode(tokens), 12_000) });
    expect(await readAudio(join(folder, 'a.wav'))).toEqual(tokens);
  });

  it('read the beginning of a long file', async () => {
    const folder = await folderOf({ 'a.wav': wav({ data: sixteenBits(tone(40_000, 12_000)) }) });
    expect(await readAudio(join(folder, 'a.wav'), { maxSeconds: 2 })).toHaveLength(24_000);
  });

  it('read from anywhere in a file', async () => {
    const amplitudes = Float32Array.from({ length: 40_000 }, (_, at) => Math.sin(at / 3000));
    const folder = await folderOf({ 'a.wav': encodeWav(amplitudes, 12_000) });
    const whole = await readAudio(join(folder, 'a.wav'));
    // In the second piece that is decoded, and of the last one what is left.
    const part = await readAudio(join(folder, 'a.wav'), { startSeconds: 2.75, maxSeconds: 1 });
    expect([...part]).toEqual([...whole.subarray(33_000)]);
    const early = await readAudio(join(folder, 'a.wav'), { startSeconds: 1, maxSeconds: 2 });
    expect([...early]).toEqual([...whole.subarray(12_000, 36_000)]);
  });

  it('refuse to begin behind the end of a file, or before its beginning', async () => {
    const path = join(await folderOf({ 'a.wav': encodeWav(new Float32Array(6000), 12_000) }), 'a.wav');
    await expect(readAudio(path, { startSeconds: 0.5 })).rejects.toThrow(
      `readAudio: startSeconds must be before the end of ${path}, at 0.5 s, got 0.5; begin earlier`,
    );
    await expect(readAudio(path, { startSeconds: -1 })).rejects.toThrow(
      'startSeconds must be a number from 0 to 86400, got -1',
    );
    await expect(readAudio(path, { startSeconds: Number.NaN })).rejects.toThrow('got NaN');
  });

  it('refuse what is no sound, naming it', async () => {
    const folder = await folderOf({ 'a.wav': 'text' });
    await expect(readAudio(join(folder, 'a.wav'))).rejects.toThrow(
      `read ${join(folder, 'a.wav')}: it is none of WAV`,
    );
    await expect(readAudio(join(folder, 'b.wav'))).rejects.toThrow('it cannot be read');
    expect(() => encodeWav([Number.NaN], 12_000)).toThrow('encodeWav: samples[0] must be a number');
    expect(() => encodeWav([0], 0)).toThrow('encodeWav: sampleRate must be a whole number');
  });

  it('cut what is too loud', async () => {
    const folder = await folderOf({ 'a.wav': encodeWav([-3, 3], 12_000) });
    expect([...(await readAudio(join(folder, 'a.wav')))]).toEqual([0, 255]);
  });
});
