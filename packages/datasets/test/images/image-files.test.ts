/** Pictures of samples as they are written, and of prompts as they are read. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodePng, readImage } from '../../src/index.ts';
import { folderOf } from '../temporary-folder.ts';
import { smallPng } from './pictures.ts';

const twoByTwo = { rows: 2, columns: 2 };

describe('readImage', () => {
  it('gives the tokens that a dataset of that picture has', async () => {
    const folder = await folderOf({ 'a.png': smallPng(7) });
    expect([...(await readImage(join(folder, 'a.png'), twoByTwo))]).toEqual(
      Array.from({ length: 12 }, (_, index) => 7 + index),
    );
  });

  it('reads what encodePng wrote', async () => {
    const image = Array.from({ length: 60 }, (_, index) => (index * 37) % 256);
    const folder = await folderOf({ 'a.png': encodePng([image], { rows: 4, columns: 5, channels: 3 }) });
    expect([...(await readImage(join(folder, 'a.png'), { rows: 4, columns: 5 }))]).toEqual(image);
  });

  it('refuses what is no picture, naming it', async () => {
    const folder = await folderOf({ 'a.png': 'text' });
    await expect(readImage(join(folder, 'a.png'), twoByTwo)).rejects.toThrow(
      `read ${join(folder, 'a.png')}: `,
    );
    await expect(readImage(join(folder, 'b.png'), twoByTwo)).rejects.toThrow('it cannot be read');
  });
});

describe('encodePng', () => {
  it('sets images side by side, row after row, on white with gaps of white', async () => {
    const images = [1, 2, 3].map((value) => Array(4).fill(value));
    const grid = encodePng(images, { rows: 2, columns: 2, channels: 1, perRow: 2 });
    const folder = await folderOf({ 'a.png': grid });
    const tokens = await readImage(join(folder, 'a.png'), { rows: 5, columns: 5, channels: 1 });
    expect([...tokens]).toEqual(
      [
        [1, 1, 255, 2, 2],
        [1, 1, 255, 2, 2],
        [255, 255, 255, 255, 255],
        [3, 3, 255, 255, 255],
        [3, 3, 255, 255, 255],
      ].flat(),
    );
  });

  it('enlarges pixels to squares, those of gaps too', async () => {
    const images = [
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 10, 11, 12],
    ];
    const grid = encodePng(images, { rows: 1, columns: 2, channels: 3, perRow: 2, scale: 2 });
    const folder = await folderOf({ 'a.png': grid });
    const tokens = await readImage(join(folder, 'a.png'), { rows: 2, columns: 10 });
    const line = [
      [1, 2, 3],
      [4, 5, 6],
      [255, 255, 255],
      [7, 8, 9],
      [10, 11, 12],
    ].flatMap((pixel) => [...pixel, ...pixel]);
    expect([...tokens]).toEqual([...line, ...line]);
  });

  it.each([
    ['half a pixel', [[1, 2, 3, 4]], { scale: 0.5 }, 'scale must be a whole number from 1'],
    ['no image', [], {}, 'images must hold at least one image, got none'],
    ['an image of another size', [[1, 2]], {}, 'images[0] must have 4 tokens, got 2'],
    ['an id above 255', [[1, 2, 3, 256]], {}, 'images[0][3] must be a whole number from 0 to 255, got 256'],
    ['two channels', [[1, 2, 3, 4]], { channels: 2 }, 'channels must be 1 or 3, got 2'],
    ['no rows', [[]], { rows: 0 }, 'rows must be a whole number'],
  ])('refuses %s', (_name, images, wrong, message) => {
    expect(() => encodePng(images, { rows: 2, columns: 2, channels: 1, ...wrong })).toThrow(
      `encodePng: ${message}`,
    );
  });
});
