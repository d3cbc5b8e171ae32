/** Which images and recordings go to which split, over layouts of folders, shares and seeds. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { splitRanges } from '../src/batches/splits.ts';
import { openAudioDataset, openImageDataset, type TokenDataset } from '../src/index.ts';
import { dealRecordings } from '../src/media/deal-recordings.ts';
import { dealRecords } from '../src/media/deal-records.ts';
import { sixteenBits, wav } from './audio/sounds.ts';
import { records } from './images/pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Each class in a folder, in folders within one, or all in one folder with the class in their names. */
const layouts = {
  subfolders: (label: number, file: string) => `class${label}/${file}`,
  nested: (label: number, file: string) => `set/${label}/deep/${file}`,
  flat: (label: number, file: string) => `class${label}-${file}`,
} as const;
type Layout = keyof typeof layouts;
const layoutNames = ['subfolders', 'nested', 'flat'] as const;

const shares: readonly Readonly<Record<string, number>>[] = [
  { train: 0.9, valid: 0.1 },
  { train: 0.8, valid: 0.2 },
  { train: 0.75, valid: 0.25 },
  { train: 0.96, valid: 0.04 },
  { train: 0.8, valid: 0.1, test: 0.1 },
];

/** How many files of each class there are, how they lie, and how they are to be split. */
const dealings = fc.record({
  layout: fc.constantFrom<Layout>(...layoutNames),
  classes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }),
  split: fc.constantFrom(...shares),
  seed: fc.nat(),
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The first file of each class; the end. */
function bordersOf(classes: readonly number[]): number[] {
  return [0, ...classes.map((_, label) => sum(classes.slice(0, label + 1)))];
}

describe('dealt records', () => {
  const deal = (classes: readonly number[], layout: Layout, split: Record<string, number>, seed: number) => {
    const ranges = splitRanges(sum(classes), split);
    const folders = layout === 'flat' ? [0] : bordersOf(classes).slice(0, -1);
    const dealt = dealRecords(ranges, { folders, seed });
    return [...ranges].map(([name, [start, end]]) =>
      Array.from({ length: end - start }, (_, place) => dealt.get(name)!(place)),
    );
  };

  it('come once, and of every class each split has its share', () => {
    fc.assert(
      fc.property(dealings, ({ classes, layout, split, seed }) => {
        const dealt = deal(classes, layout, split, seed);
        const count = sum(classes);
        expect(dealt.flat().sort((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, index) => index),
        );
        const borders = bordersOf(classes);
        const block = Math.ceil(
          count / Math.min(...dealt.map(({ length }) => length).filter((length) => length > 0)),
        );
        for (const own of dealt) {
          for (const [label, files] of classes.entries()) {
            const wanted = (files * own.length) / count;
            const got = own.filter(
              (record) => record >= borders[label]! && record < borders[label + 1]!,
            ).length;
            // A folder that fills a block shares none; other stretches of files share blocks at both of their ends.
            const isApart = layout !== 'flat' && files >= block;
            const shared = isApart ? 0 : (2 * block * own.length) / count;
            expect(Math.abs(got - wanted)).toBeLessThan(1.1 * (dealt.length - 1) + shared);
            if (isApart && wanted >= 1.3) expect(got).toBeGreaterThan(0);
          }
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('have the same chance of validation each', () => {
    const classes = [8, 4, 8];
    const counts = new Array<number>(20).fill(0);
    for (let seed = 0; seed < 500; seed++) {
      for (const record of deal(classes, 'subfolders', { train: 0.8, valid: 0.2 }, seed)[1]!)
        counts[record]!++;
    }
    // 100 expected of each, deviation 8.9: four deviations either way.
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(36);
  });

  it('may be more than memory holds numbers', () => {
    const ranges = splitRanges(2 ** 50, { train: 0.9, valid: 0.1 });
    const dealt = dealRecords(ranges, { folders: [0], seed: 3 });
    for (const [name, [start, end]] of ranges) {
      const last = dealt.get(name)!(end - start - 1);
      expect(last).toBeGreaterThan(2 ** 50 - 20);
      expect(last).toBeLessThan(2 ** 50);
    }
  });
});

describe('dealt recordings', () => {
  it('hold every token once, and of every folder each split has about its share', () => {
    const lengths = fc.array(fc.integer({ min: 40, max: 400 }), { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(dealings, lengths, ({ classes, split, seed }, sizes) => {
        const borders = bordersOf(classes);
        let end = 0;
        const recordings = Array.from({ length: sum(classes) }, (_, index) => {
          const tokens = sizes[index % 7]!;
          end += tokens;
          return { start: end - tokens, tokens };
        });
        const dealt = dealRecordings(recordings, split, { folders: borders.slice(0, -1), seed });
        const every = [...dealt.values()].flat().sort((a, b) => a.start - b.start);
        expect(
          every.every(({ start, tokens }, index) => (every[index + 1]?.start ?? end) === start + tokens),
        ).toBe(true);
        for (const [label, files] of classes.entries()) {
          const own = recordings.slice(borders[label], borders[label + 1]);
          const [from, to] = [own[0]!.start, own.at(-1)!.start + own.at(-1)!.tokens];
          for (const [name, stretches] of dealt) {
            const inside = stretches.filter(({ start }) => start >= from && start < to);
            const wanted = split[name]! * (to - from);
            const got = sum(inside.map(({ tokens }) => tokens));
            expect(Math.abs(got - wanted)).toBeLessThanOrEqual(Math.max(0.5 * wanted, files) + 1e-9);
          }
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

/** Files of some classes in a new folder. */
async function folderOf(
  layout: Layout,
  classes: readonly number[],
  extension: string,
  contentOf: (label: number, file: number) => Uint8Array,
): Promise<string> {
  const folder = await temporaryFolder();
  for (const [label, files] of classes.entries()) {
    for (let file = 0; file < files; file++) {
      const path = join(folder, `${layouts[layout](label, String(file).padStart(3, '0'))}${extension}`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, contentOf(label, file));
    }
  }
  return folder;
}

interface SplitOptions {
  readonly split?: Readonly<Record<string, number>>;
  readonly splitSeed?: number;
}

/** Opens a dataset that is closed when the test ends, with a cache in its own folder. */
async function opened<T extends TokenDataset>(opening: Promise<T>): Promise<T> {
  const dataset = await opening;
  onTestFinished(() => dataset.close());
  return dataset;
}

function openImages(folder: string, options: SplitOptions = {}) {
  return opened(
    openImageDataset(folder, { rows: 1, columns: 1, cacheFolder: `${folder}/.cache`, ...options }),
  );
}

function openSounds(folder: string, options: SplitOptions = {}) {
  return opened(openAudioDataset(folder, { cacheFolder: `${folder}/.cache`, ...options }));
}

async function tokensOf(dataset: TokenDataset, name: string): Promise<number[]> {
  const tokens = new Int32Array(dataset.split(name).tokens);
  await dataset.split(name).read(0, tokens);
  return [...tokens];
}

/** The first numbers of the images of a split: their classes. */
async function labelsOf(dataset: TokenDataset, name: string): Promise<number[]> {
  return (await tokensOf(dataset, name)).filter((_, place) => place % 3 === 0);
}

/** An image of one pixel: its class, its number. */
const image = (label: number, file: number) => records(1, [[label, file, 0]]);

describe('the splits of an image dataset', () => {
  it.each(layoutNames)('validate on every class of three in %s', async (layout) => {
    const folder = await folderOf(layout, [10, 10, 10], '.bin', image);
    for (let splitSeed = 0; splitSeed < 10; splitSeed++) {
      expect(await labelsOf(await openImages(folder, { splitSeed }), 'valid')).toEqual([0, 1, 2]);
    }
  });

  it('are others for another seed', async () => {
    const folder = await folderOf('subfolders', [10, 10, 10], '.bin', image);
    const [first, same, other] = await Promise.all(
      [undefined, 0, 1].map(async (splitSeed) =>
        tokensOf(await openImages(folder, splitSeed === undefined ? {} : { splitSeed }), 'valid'),
      ),
    );
    expect(same).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('know their folders where a file was left out', async () => {
    const folder = await folderOf('subfolders', [10, 10], '.bin', (label, file) =>
      label === 0 && file < 5 ? Uint8Array.of(1) : image(label, file),
    );
    for (let time = 0; time < 2; time++) {
      const dataset = await opened(
        openImageDataset(folder, {
          rows: 1,
          columns: 1,
          onBadInput: 'skip',
          split: { train: 0.8, valid: 0.2 },
          cacheFolder: `${folder}/.cache`,
        }),
      );
      expect(await labelsOf(dataset, 'valid')).toEqual([0, 1, 1]);
    }
  });

  it('keep the order of files where there is one split', async () => {
    const folder = await folderOf('subfolders', [3, 20], '.bin', image);
    const tokens = await tokensOf(await openImages(folder, { split: { all: 1 } }), 'all');
    const order = tokens.flatMap((label, place) =>
      place % 3 === 0 ? [label * 100 + tokens[place + 1]!] : [],
    );
    expect(order).toEqual([...order].sort((left, right) => left - right));
  });

  it('are dealt out within files of many records', async () => {
    // Sorted by class, as a file made from class folders is.
    const sorted = Array.from({ length: 5000 }, (_, index) => [Math.floor(index / 500), 0, 0]);
    const folder = await folderOf('flat', [1], '.bin', () => records(1, sorted));
    const labels = await labelsOf(await openImages(folder, { split: { train: 0.96, valid: 0.04 } }), 'valid');
    for (let label = 0; label < 10; label++) expect(labels.filter((own) => own === label)).toHaveLength(20);
  });

  it('are read across records from anywhere', async () => {
    const dataset = await openImages(await folderOf('subfolders', [9, 9], '.bin', image));
    const whole = await tokensOf(dataset, 'train');
    const part = new Int32Array(10);
    await dataset.split('train').read(4, part);
    expect([...part]).toEqual(whole.slice(4, 14));
    await expect(dataset.split('train').read(whole.length - 9, part)).rejects.toThrow('start must be');
  });
});

describe('the splits of an audio dataset', () => {
  /** A hundred samples of one amplitude, which tells the class. */
  const sound = (label: number) => wav({ data: sixteenBits(Array(100).fill(label / 4)) });

  it('hold whole recordings, of every folder, where a folder has enough of them', async () => {
    const folder = await folderOf('subfolders', [10, 20], '.wav', sound);
    for (let splitSeed = 0; splitSeed < 5; splitSeed++) {
      const dataset = await openSounds(folder, { splitSeed });
      expect(dataset.split('valid').pieces).toEqual([0, 100, 200]);
      expect(dataset.split('train').pieces).toHaveLength(27);
      const valid = await tokensOf(dataset, 'valid');
      expect(new Set(valid.slice(0, 100))).not.toEqual(new Set(valid.slice(100)));
    }
  });

  it('hold the end of each recording where there are few', async () => {
    const dataset = await openSounds(await folderOf('subfolders', [1, 2], '.wav', sound));
    expect(dataset.splits.map(({ pieces }) => pieces)).toEqual([
      [0, 90, 180],
      [0, 10, 20],
    ]);
    expect(new Set(await tokensOf(dataset, 'valid')).size).toBe(2);
  });

  it('may be empty', async () => {
    const folder = await folderOf('flat', [1], '.wav', () => wav({ data: sixteenBits([0]) }));
    const dataset = await openSounds(folder);
    expect(dataset.splits.map(({ tokens }) => tokens)).toEqual([0, 1]);
  });
});
