import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, it, vi } from 'vitest';
import { DatasetError, openAudioDataset, openImageDataset, type TokenDataset } from '../src/index.ts';
import { flac, sixteenBits, tone, vorbis, wav } from './audio/sounds.ts';
import { png } from './images/pictures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const samples = tone(3_000, 12_000);
const files = new Map<string, Uint8Array>();

beforeAll(async () => {
  const { default: sharp } = await import('sharp');
  const picture = png({
    width: 16,
    height: 16,
    samples: Array.from({ length: 768 }, (_, index) => (index * index) % 256),
  });
  files.set('a.wav', wav({ data: sixteenBits(samples), after: Uint8Array.of(0, 0) }));
  files.set('a.flac', flac(samples, 12_000));
  files.set('a.ogg', await vorbis(12_000, samples));
  files.set('a.png', picture);
  files.set('a.jpg', await sharp(picture).jpeg().toBuffer());
});

/** Some bytes changed, and perhaps the end cut off. */
const damage = fc.record({
  changes: fc.array(fc.tuple(fc.nat({ max: 2_000 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 5 }),
  share: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
});

it.each(['a.wav', 'a.flac', 'a.ogg', 'a.png', 'a.jpg'])(
  'takes any damage to %s by reading it, or refusing it with an error of its own that can be skipped',
  async (name) => {
    // The FLAC library writes what it finds there as well.
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const folder = await temporaryFolder();
    const options = { cacheFolder: folder, split: { all: 1 } };
    const open = (path: string): Promise<TokenDataset> =>
      /\.(png|jpg)$/.test(name)
        ? openImageDataset(path, { rows: 8, columns: 8, ...options })
        : openAudioDataset(path, options);
    let number = 0;
    await fc.assert(
      fc.asyncProperty(damage, async ({ changes, share }) => {
        const file = Uint8Array.from(files.get(name)!);
        for (const [place, byte] of changes) file[place % file.length] = byte;
        const path = join(folder, `${number++}-${name}`);
        await writeFile(path, file.subarray(0, Math.floor(share * file.length)));
        try {
          await (await open(path)).close();
        } catch (error) {
          expect(error).toBeInstanceOf(DatasetError);
          expect(error).toMatchObject({ reason: 'corrupt', detail: expect.any(String) });
        }
      }),
      { numRuns: 30 },
    );
    vi.restoreAllMocks();
  },
);
