import { readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ImageDataset, type ImageDatasetOptions, openImageDataset } from '../../src/index.ts';
import { folderOf, temporaryFolder } from '../temporary-folder.ts';
import { orientationChunk, png, pngChunk, records, smallPng } from './pictures.ts';

const twoByTwo = { rows: 2, columns: 2 };

/** Opens images of one split that are closed when the test ends, with a cache folder of their own. */
async function open(
  paths: string | readonly string[],
  options: Partial<ImageDatasetOptions> = {},
): Promise<ImageDataset> {
  const cacheFolder = await temporaryFolder();
  const dataset = await openImageDataset(paths, { ...twoByTwo, cacheFolder, split: { all: 1 }, ...options });
  onTestFinished(() => dataset.close());
  return dataset;
}

async function tokensOf(dataset: ImageDataset, name = 'all'): Promise<number[]> {
  const split = dataset.split(name);
  const tokens = new Int32Array(split.tokens);
  await split.read(0, tokens);
  return [...tokens];
}

/** The tokens of one picture. */
async function decoded(picture: Uint8Array, options: Partial<ImageDatasetOptions> = {}): Promise<number[]> {
  const folder = await folderOf({ 'a.png': picture });
  return tokensOf(await open(folder, options));
}

const from = (first: number, count = 12) => Array.from({ length: count }, (_, index) => first + index);

describe('openImageDataset of record files', () => {
  // Two images of 2 × 2: red 0 to 3, green 10 to 13, blue 20 to 23, and 100 more.
  const planes = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23];
  const pixels = [0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23];
  const more = (values: readonly number[]) => values.map((value) => value + 100);

  it('puts the colours of each pixel side by side, row by row, and drops the labels', async () => {
    const folder = await folderOf({ 'batch.bin': records(1, [planes, more(planes)]) });
    const dataset = await open(join(folder, 'batch.bin'));
    expect(await tokensOf(dataset)).toEqual([...pixels, ...more(pixels)]);
    expect(dataset).toMatchObject({ tokens: 24, record: 12, skipped: [] });
    expect(dataset.tokenizer.toJSON()).toMatchObject({ kind: 'pixels', rows: 2, columns: 2, channels: 3 });
    expect(dataset.split('all').record).toBe(12);
  });

  it('reads several files in the order of their names, packed ones too, and labels of two bytes', async () => {
    const folder = await folderOf({
      '2.bin.gz': gzipSync(records(2, [more(planes)])),
      '1.bin': records(2, [planes]),
    });
    expect(await tokensOf(await open(folder, { labelBytes: 2 }))).toEqual([...pixels, ...more(pixels)]);
  });

  it('reads the layout of CIFAR-10 and of 64 × 64 records, over the borders of what is read at once', async () => {
    for (const [side, count] of [
      [32, 200],
      [64, 30],
    ] as const) {
      const size = 1 + side * side * 3;
      const bytes = Uint8Array.from({ length: count * size }, (_, index) => (index * 7 + (index >> 8)) % 256);
      const folder = await folderOf({ 'a.bin': bytes });
      const dataset = await open(folder, { rows: side, columns: side });
      const tokens = new Int32Array(dataset.record);
      for (const image of [0, 85 % count, count - 1]) {
        await dataset.split('all').read(image * dataset.record, tokens);
        const channelAt = (place: number): number =>
          bytes[image * size + 1 + (place % 3) * side * side + Math.floor(place / 3)]!;
        expect([...tokens]).toEqual(Array.from({ length: dataset.record }, (_, place) => channelAt(place)));
      }
    }
  });

  it.each([
    [
      'a file that is not whole records',
      { 'a.bin': new Uint8Array(27) },
      'its 27 bytes are not whole records of 13 bytes (1 + 2 × 2 × 3)',
    ],
    [
      'records of another size',
      { 'a.bin': new Uint8Array(3073) },
      'they are whole records of 1 + 32 × 32 × 3 bytes',
    ],
    ['an empty file', { 'a.bin': '' }, 'it is empty'],
    [
      'a truncated packed file',
      { 'a.bin.gz': gzipSync(records(1, [planes])).subarray(0, -9) },
      'it is cut short',
    ],
    ['a packed file that is none', { 'a.bin.gz': 'text' }, 'it cannot be read'],
  ])('refuses %s', async (_name, files, message) => {
    const folder = await folderOf(files);
    await expect(open(folder)).rejects.toThrow(message);
    await expect(open(folder)).rejects.toMatchObject({ name: 'DatasetError', reason: 'corrupt' });
  });

  it('refuses a packed file that holds more than it is told to take', async () => {
    const folder = await folderOf({ 'a.bin.gz': gzipSync(new Uint8Array(13_000_000)) });
    const opening = open(folder, { maxUnpackedBytes: 1_000_000 });
    await expect(opening).rejects.toThrow(
      'it holds more than 1000000 bytes; mend or remove it, or if it is to be trusted, raise maxUnpackedBytes, or pass',
    );
  });

  it('refuses records among pictures', async () => {
    const folder = await folderOf({ 'a.bin': records(1, [planes]), 'b.png': smallPng(0) });
    await expect(open(folder)).rejects.toThrow('must be all records (.bin, .bin.gz) or all pictures');
  });
});

describe('openImageDataset of pictures', () => {
  it('reads folders with all below them in the order of their names', async () => {
    const folder = await folderOf({
      'b.png': smallPng(50),
      'a/z.PNG': smallPng(0),
      'a/b/c.png': smallPng(100),
    });
    expect(await tokensOf(await open(folder))).toEqual([...from(100), ...from(0), ...from(50)]);
  });

  it('reads files and patterns in the order given', async () => {
    const folder = await folderOf({ 'b.png': smallPng(50), 'a.png': smallPng(0), 'c/d.png': smallPng(100) });
    const dataset = await open([join(folder, 'c/d.png'), join(folder, '*.png')]);
    expect(await tokensOf(dataset)).toEqual([...from(100), ...from(0), ...from(50)]);
  });

  it('takes the middle part of the wanted shape', async () => {
    const wide = from(0, 8).flatMap((column) => [column * 10, 0, 0]);
    expect(
      await decoded(png({ width: 4, height: 1, samples: wide.slice(0, 12) }), { rows: 1, columns: 2 }),
    ).toEqual([10, 0, 0, 20, 0, 0]);
    const high = png({ width: 1, height: 4, samples: wide.slice(0, 12) });
    expect(await decoded(high, { rows: 2, columns: 1 })).toEqual([10, 0, 0, 20, 0, 0]);
  });

  it('resizes, so that a plain picture stays plain', async () => {
    const plain = png({ width: 30, height: 20, samples: Array(600).fill([9, 8, 7]).flat() });
    expect(await decoded(plain)).toEqual(Array(4).fill([9, 8, 7]).flat());
    expect(await decoded(png({ width: 1, height: 1, samples: [9, 8, 7] }))).toEqual(
      Array(4).fill([9, 8, 7]).flat(),
    );
  });

  it('makes three channels of grey, and one of colour', async () => {
    const grey = png({ width: 2, height: 2, colour: 0, samples: [0, 50, 100, 255] });
    expect(await decoded(grey)).toEqual([0, 0, 0, 50, 50, 50, 100, 100, 100, 255, 255, 255]);
    expect(await decoded(grey, { channels: 1 })).toEqual([0, 50, 100, 255]);
    const colour = png({ width: 2, height: 2, samples: [0, 0, 0, 255, 255, 255, 9, 9, 9, 200, 200, 200] });
    expect(await decoded(colour, { channels: 1 })).toEqual([0, 255, 9, 200]);
  });

  it('lays transparency on white', async () => {
    const samples = [100, 0, 0, 255, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255];
    expect(await decoded(png({ width: 2, height: 2, colour: 6, samples }))).toEqual([
      100, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0,
    ]);
  });

  it('turns a picture upright', async () => {
    // Orientation 6: the first row of the file is the right column of the picture.
    const turned = png({
      width: 2,
      height: 2,
      colour: 0,
      samples: [1, 2, 3, 4],
      extra: [orientationChunk(6)],
    });
    expect(await decoded(turned, { channels: 1 })).toEqual([3, 1, 4, 2]);
  });

  it('makes 8 bits of 16', async () => {
    const samples = [0, 0, 50, 50, 100, 100, 255, 255];
    expect(
      await decoded(png({ width: 2, height: 2, bits: 16, colour: 0, samples }), { channels: 1 }),
    ).toEqual([0, 50, 100, 255]);
  });

  it('takes the first picture of an animated PNG', async () => {
    const still = { width: 2, height: 2, colour: 0, samples: [1, 2, 3, 4] };
    // Two frames told, of which the second is never drawn by a reader of still pictures.
    const control = pngChunk('acTL', Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0));
    expect(await decoded(png({ ...still, extra: [control] }), { channels: 1 })).toEqual([1, 2, 3, 4]);
  });

  it('reads JPEG', async () => {
    const { default: sharp } = await import('sharp');
    const jpeg = await sharp(smallPng(50)).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const folder = await folderOf({ 'a.jpeg': jpeg });
    const tokens = await tokensOf(await open(folder));
    tokens.forEach((token, place) => {
      expect(Math.abs(token - 50 - place)).toBeLessThanOrEqual(2);
    });
  });

  it('names the other files of a folder as left out', async () => {
    const folder = await folderOf({ 'a.png': smallPng(0), 'labels.txt': 'cat' });
    const dataset = await open(folder);
    expect(dataset.tokens).toBe(12);
    expect(dataset.skippedCounts).toEqual({ files: 1, lines: 0 });
    expect(dataset.skipped).toEqual([
      { path: join(folder, 'labels.txt'), reason: expect.stringContaining('its name does not end in .png') },
    ]);
  });
});

describe('openImageDataset of pictures that cannot be used', () => {
  const bomb = () => png({ width: 60_000, height: 60_000, samples: new Uint8Array(60_000) });
  const bad: Record<string, () => Uint8Array | Promise<Uint8Array>> = {
    'text that is named a picture': () => Buffer.from('Dear diary'),
    'an empty file': () => new Uint8Array(0),
    'a truncated PNG': () => png({ width: 9, height: 9, samples: from(0, 243) }).subarray(0, -60),
    'a damaged PNG': () => {
      const whole = Uint8Array.from(png({ width: 9, height: 9, samples: from(0, 243) }));
      whole[60]! ^= 0xff;
      return whole;
    },
    'a truncated JPEG': async () => {
      const { default: sharp } = await import('sharp');
      return (await sharp(smallPng(0)).resize(64, 64).jpeg().toBuffer()).subarray(0, -20);
    },
    'a PNG that says 3.6 billion pixels': bomb,
    SVG: () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>'),
  };

  it.each(Object.keys(bad))(
    'refuses %s, or leaves it out by choice and names it, again from the cache',
    async (name) => {
      const folder = await folderOf({
        'a.png': smallPng(0),
        'b.png': await bad[name]!(),
        'c.png': smallPng(50),
      });
      await expect(open(folder)).rejects.toThrow(`read ${join(folder, 'b.png')}: it`);
      const cacheFolder = await temporaryFolder();
      for (let opening = 0; opening < 2; opening++) {
        const dataset = await open(folder, { onBadInput: 'skip', cacheFolder });
        expect(await tokensOf(dataset)).toEqual([...from(0), ...from(50)]);
        expect(dataset.skipped).toEqual([{ path: join(folder, 'b.png'), reason: expect.any(String) }]);
      }
      await expect(open(folder, { cacheFolder })).rejects.toThrow(`read ${join(folder, 'b.png')}`);
    },
  );

  it('refuses a bomb before memory is taken for it', async () => {
    const folder = await folderOf({ 'a.png': bomb() });
    const before = process.memoryUsage().rss;
    await expect(open(folder)).rejects.toThrow('it says 60000 × 60000 pixels, more than 67108864');
    expect(process.memoryUsage().rss - before).toBeLessThan(2e8);
  });

  it('refuses a folder in which nothing can be used, giving an example', async () => {
    const folder = await folderOf({ 'a.png': 'text', 'b.txt': 'text' });
    await expect(open(folder, { onBadInput: 'skip' })).rejects.toThrow(
      `expected files that can be used in ${folder}, got none: 2 were left out, such as`,
    );
  });

  it('does not go round in links to folders above', async () => {
    const folder = await folderOf({ 'a/b.png': smallPng(0) });
    await symlink(folder, join(folder, 'a/loop'));
    await expect(open(folder)).rejects.toMatchObject({ name: 'DatasetError' });
    const dataset = await open(folder, { onBadInput: 'skip' });
    expect(dataset.tokens).toBe(12);
    expect(dataset.skipped.map(({ path }) => path)).toEqual([join(folder, 'a/loop')]);
  });

  it.each([
    [{ rows: 0 }, 'openImageDataset: rows must be a whole number from 1 to 16384, got 0'],
    [{ maxPixels: 0 }, 'maxPixels must be a whole number'],
    [{ labelBytes: -1 }, 'labelBytes must be a whole number'],
    [{ split: { all: 2 } }, 'must be a number above 0 and at most 1'],
  ])('refuses the options %j', async (options, message) => {
    await expect(open('nothing', options)).rejects.toThrow(message);
  });

  it('refuses a path that leads to nothing', async () => {
    await expect(open(join(await temporaryFolder(), 'nothing.png'))).rejects.toMatchObject({
      reason: 'missing',
    });
  });
});

describe('the cache of images', () => {
  it('reads no picture at a second opening, and a changed one again', async () => {
    const folder = await folderOf({ 'a.png': smallPng(0), 'b.png': smallPng(50) });
    const cacheFolder = await temporaryFolder();
    const steps: string[] = [];
    const options = { cacheFolder, onProgress: ({ step }: { step: string }) => steps.push(step) };
    const first = await open(folder, options);
    // Several times for two pictures: whoever listens may end the reading at each.
    expect(steps).toEqual(['tokenising', 'tokenising', 'tokenising', 'tokenising']);
    const second = await open(folder, options);
    expect(steps).toHaveLength(4);
    expect(second.fingerprint).toEqual(first.fingerprint);
    expect(await tokensOf(second)).toEqual(await tokensOf(first));
    await writeFile(join(folder, 'b.png'), smallPng(100));
    const third = await open(folder, options);
    expect(await tokensOf(third)).toEqual([...from(0), ...from(100)]);
    expect(() => third.verify(first.fingerprint)).toThrow('expected');
    expect(() => third.verify(JSON.parse(JSON.stringify(third.fingerprint)))).not.toThrow();
  });

  it('finds files under other names for the same paths', async () => {
    const folder = await folderOf({ 'a.png': smallPng(0) });
    const cacheFolder = await temporaryFolder();
    await open(folder, { cacheFolder });
    await open(relative(process.cwd(), folder), { cacheFolder, onProgress: () => expect.fail('made again') });
  });

  it('has a fingerprint of the images alone, whatever their names', async () => {
    const [here, there] = [
      await folderOf({ 'a.png': smallPng(0) }),
      await folderOf({ 'b.png': smallPng(0) }),
    ];
    expect((await open(here)).fingerprint).toEqual((await open(there)).fingerprint);
  });

  it('is made again where it is damaged', async () => {
    const folder = await folderOf({ 'a.png': smallPng(0) });
    const cacheFolder = await temporaryFolder();
    await (await open(folder, { cacheFolder })).close();
    const [kept] = await readdir(cacheFolder);
    for (const name of await readdir(join(cacheFolder, kept!)))
      await truncate(join(cacheFolder, kept!, name), 3);
    expect(await tokensOf(await open(folder, { cacheFolder }))).toEqual(from(0));
  });

  it('is not left half made when a picture is refused', async () => {
    const folder = await folderOf({ 'a.png': smallPng(0), 'b.png': 'text' });
    const cacheFolder = await temporaryFolder();
    await expect(open(folder, { cacheFolder })).rejects.toThrow();
    expect(await readdir(cacheFolder)).toEqual([]);
    await rm(join(folder, 'b.png'));
    expect(await tokensOf(await open(folder, { cacheFolder }))).toEqual(from(0));
  });
});
