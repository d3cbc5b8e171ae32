/** Files of every known format, under fitting and other names, at the beginning of a dataset of each kind. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  encodeWav,
  openAudioDataset,
  openImageDataset,
  openTextDataset,
  type TextDatasetOptions,
} from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { zstdOf } from './text/zstd-frames.ts';

const text = 'To be, or not to be, that is the question: Ob’s edler im Gemüt. '.repeat(20);

function bytes(latin: string, fill = 600): Buffer {
  return Buffer.concat([Buffer.from(latin, 'latin1'), Buffer.alloc(fill, 'x\x01y\x9d', 'latin1')]);
}

/** A header of tar, with and without the signature of later ones. */
function tar(signature: string): Buffer {
  const header = Buffer.alloc(1024);
  header.write('notes.txt', 0);
  header.write('0000644\x000001750\x000001750\x0000000000012\x0014700000000\x00        0', 100, 'latin1');
  header.write(signature, 257, 'latin1');
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function swapped(content: Buffer): Buffer {
  return Buffer.from(content).swap16();
}

/** What no text is, with the ending that fits and a part of the name that it is refused by. */
const formats: readonly (readonly [ending: string, name: string, content: Buffer])[] = [
  ['zip', 'zip', bytes('PK\x03\x04\x14\0')],
  ['docx', 'zip', bytes('PK\x03\x04\x14\0\x06\0')],
  ['bz2', 'bzip2', bytes('BZh91AY&SY')],
  ['xz', 'xz', bytes('\xfd7zXZ\0\0\x04')],
  ['lzma', 'lzma', bytes(']\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff')],
  ['lz', 'lzip', bytes('LZIP\x01')],
  ['lz4', 'lz4', bytes('\x04"M\x18')],
  ['Z', 'compress', bytes('\x1f\x9d\x90')],
  ['zlib', 'zlib', deflateSync(text)],
  ['7z', '7-Zip', bytes("7z\xbc\xaf'\x1c\0\x04")],
  ['rar', 'RAR', bytes('Rar!\x1a\x07\x01\0')],
  ['tar', 'tar', tar('ustar\x0000')],
  ['tar', 'tar', tar('')],
  ['pdf', 'PDF', bytes('%PDF-1.7\n')],
  ['rtf', 'RTF', bytes('{\\rtf1\\ansi ')],
  ['doc', 'Office', bytes('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')],
  ['parquet', 'Parquet', bytes('PAR1\x15\x04')],
  ['orc', 'ORC', bytes('ORC\x82')],
  ['arrow', 'Arrow', bytes('ARROW1\0\0')],
  ['avro', 'Avro', bytes('Obj\x01')],
  ['sqlite', 'SQLite', bytes('SQLite format 3\0')],
  ['safetensors', 'safetensors', bytes('\x20\0\0\0\0\0\0\0{"a":')],
  ['gguf', 'GGUF', bytes('GGUF\x03\0\0\0')],
  ['npy', 'NumPy', bytes('\x93NUMPY\x01\0')],
  ['npz', 'zip', bytes('PK\x03\x04')],
  ['pkl', 'pickle', bytes('\x80\x04\x95')],
  ['h5', 'HDF5', bytes('\x89HDF\r\n\x1a\n')],
  ['png', 'PNG', bytes('\x89PNG\r\n\x1a\n')],
  ['jpg', 'JPEG', bytes('\xff\xd8\xff\xe0')],
  ['gif', 'GIF', bytes('GIF89a')],
  ['tiff', 'TIFF', bytes('II*\0')],
  ['bmp', 'BMP', bytes('BM\x36\x0c\0\0\0\0\0\0\x36')],
  ['webp', 'WebP', bytes('RIFF\x24\0\0\0WEBPVP8 ')],
  ['avif', 'AVIF', bytes('\0\0\0\x1cftypavif')],
  ['wav', 'WAV', bytes('RIFF\x24\0\0\0WAVEfmt ')],
  ['flac', 'FLAC', bytes('fLaC\0\0\0\x22')],
  ['ogg', 'Ogg', bytes('OggS\0\x02')],
  ['mp3', 'MP3', bytes('ID3\x04\0\0')],
  ['mp3', 'MP3', bytes('\xff\xfb\x90\x64')],
  ['m4a', 'MP4', bytes('\0\0\0\x20ftypM4A ')],
  ['mid', 'MIDI', bytes('MThd\0\0\0\x06')],
  ['mkv', 'Matroska', bytes('\x1aE\xdf\xa3')],
  ['elf', 'program', bytes('\x7fELF\x02\x01\x01')],
  ['exe', 'program', bytes('MZ\x90\0\x03\0\0\0')],
  ['utf16le', 'UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['utf16be', 'UTF-16', swapped(Buffer.from(`\ufeff${text}`, 'utf16le'))],
  ['utf16le', 'UTF-16', Buffer.from(text, 'utf16le')],
  ['utf16be', 'UTF-16', swapped(Buffer.from(text, 'utf16le'))],
  ['utf16le', 'UTF-16', Buffer.from('Быть или не быть, вот в чём вопрос. '.repeat(20), 'utf16le')],
  ['utf32', 'UTF-32', Buffer.from(Uint32Array.from([...text], (letter) => letter.codePointAt(0)!).buffer)],
];

const tokenizers = ['bytes', 'characters'] as const;

async function fileIn(name: string, content: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

async function openText(path: string, options: Partial<TextDatasetOptions> = {}) {
  const cacheFolder = join(dirname(path), '.cache');
  const dataset = await openTextDataset(path, {
    tokenizer: 'bytes',
    cacheFolder,
    split: { all: 1 },
    ...options,
  });
  onTestFinished(() => dataset.close());
  return dataset;
}

async function textOf(path: string, options: Partial<TextDatasetOptions> = {}): Promise<string> {
  const dataset = await openText(path, options);
  const ids = new Int32Array(dataset.tokens);
  await dataset.split('all').read(0, ids);
  return dataset.tokenizer.decode(ids);
}

describe('a text', () => {
  it.each(formats)(
    'is not taken from .%s (%s), whatever its name and tokenizer',
    async (ending, name, content) => {
      for (const wrapped of [content, gzipSync(content)]) {
        for (const own of [`a.${ending}`, 'a.txt', 'b']) {
          const path = await fileIn(own, wrapped);
          for (const tokenizer of tokenizers) {
            await expect(openText(path, { tokenizer })).rejects.toThrow(
              new RegExp(
                `^read .*: expected text, got a file that is .*${name}.*; .*, or pass anyBytes: true`,
              ),
            );
          }
        }
      }
    },
  );

  it('leaves such files of a folder out by choice, and counts what it used', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, '0.txt'), text);
    for (const [index, [, , content]] of formats.entries())
      await writeFile(join(folder, `${index + 1}.txt`), content);
    for (let time = 0; time < 2; time++) {
      const dataset = await openText(folder, { onBadInput: 'skip', cacheFolder: `${folder}/.cache` });
      expect(dataset.skippedCounts.files).toBe(formats.length);
      expect(dataset.used).toEqual({ files: 1, bytes: Buffer.byteLength(text) });
      expect(dataset.tokens).toBe(Buffer.byteLength(text));
    }
  });

  it('is refused with the way out where such a file alone is to be left out', async () => {
    const path = await fileIn('a.txt', bytes('%PDF-1.7'));
    await expect(openText(path, { onBadInput: 'skip' })).rejects.toThrow(
      'a PDF; extract its text, or pass anyBytes: true',
    );
  });

  it('is taken from them by their bytes where that is asked for', async () => {
    for (const [, , content] of formats) {
      const dataset = await openText(await fileIn('a.txt', content), { anyBytes: true });
      expect([dataset.tokens, dataset.doubts]).toEqual([content.length, []]);
    }
    await expect(
      openText(await fileIn('a', bytes('')), { tokenizer: 'characters', anyBytes: true }),
    ).rejects.toThrow('openTextDataset: anyBytes must be false for a tokenizer of characters, got true');
  });

  const packed: readonly (readonly [string, (content: Uint8Array) => Promise<Uint8Array>])[] = [
    ['gzip', async (content) => gzipSync(content)],
    ['gzip twice', async (content) => gzipSync(gzipSync(content))],
    ['zstd', zstdOf],
    ['gzip in zstd', async (content) => zstdOf(gzipSync(content))],
    ['zstd in gzip', async (content) => gzipSync(await zstdOf(content))],
  ];

  it.each(packed)('is unpacked from %s, whatever its name', async (_, pack) => {
    const content = await pack(Buffer.from(text));
    for (const name of ['a.txt', 'a.gz', 'a.zst', 'a', 'a.txt.gz']) {
      const path = await fileIn(name, content);
      for (const tokenizer of tokenizers) expect(await textOf(path, { tokenizer })).toBe(text);
    }
  });

  it('is refused where it is packed without end', async () => {
    let content: Uint8Array = Buffer.from(text);
    for (let layer = 0; layer < 5; layer++) content = gzipSync(content);
    await expect(openText(await fileIn('a.gz', content))).rejects.toThrow(
      'got a file that is packed by gzip; unpack it',
    );
  });

  it('is read from JSON Lines named .json, packed or not, and from no other JSON', async () => {
    const lines = Buffer.from('{"text": "One."}\n{"text": "Two."}\n');
    for (const content of [lines, gzipSync(lines)])
      expect(await textOf(await fileIn('a.json', content))).toBe('One.\n\nTwo.');
    for (const other of ['[{"text": "One."}]', '{\n  "text": "One."\n}\n', '"One."']) {
      await expect(openText(await fileIn('a.json', Buffer.from(other)))).rejects.toThrow(
        'expected JSON Lines, got JSON of another form',
      );
    }
  });

  it('of any kind is never taken for another format', async () => {
    const letters = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
      .filter((some) => !some.includes('\0'));
    const lines = fc
      .array(fc.string({ maxLength: 3 }), { minLength: 1, maxLength: 50 })
      .map((some) => `a${some.join('\n')}`);
    const path = await fileIn('a.txt', Buffer.from('a'));
    await fc.assert(
      fc.asyncProperty(fc.oneof(letters, lines), async (content) => {
        await writeFile(path, content);
        const dataset = await openTextDataset(path, { tokenizer: 'bytes' });
        expect([dataset.doubts, dataset.used.files]).toEqual([[], 1]);
        await dataset.close();
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it.each(['a.txt', 'a.txt.gz'])('by bytes that is not UTF-8 is named with the place: %s', async (name) => {
    const latin = Buffer.from('Käse', 'latin1');
    const path = await fileIn(name, name.endsWith('gz') ? gzipSync(latin) : latin);
    for (let time = 0; time < 2; time++) {
      const { doubts, tokens } = await openText(path);
      expect([tokens, doubts]).toEqual([4, [{ path, reason: 'it is not UTF-8 from byte 1 of its text on' }]]);
    }
    expect((await openText(path, { anyBytes: true })).doubts).toEqual([]);
    await expect(openText(path, { tokenizer: 'characters' })).rejects.toThrow(
      "expected characters in UTF-8, got bytes that are none at byte 1 of the text; convert the file to UTF-8, or take tokenizer: 'bytes'",
    );
  });

  it('by bytes may be cut in the middle of a character', async () => {
    expect((await openText(await fileIn('a.txt', Buffer.from('Käse').subarray(0, 2)))).doubts).toEqual([]);
  });
});

describe('images and sound', () => {
  const isOf = (name: string, kinds: readonly string[]) => kinds.some((kind) => name.includes(kind));
  const pictures = ['PNG', 'JPEG', 'GIF', 'TIFF', 'WebP', 'AVIF', 'BMP'];

  it('name what a file is that is neither', async () => {
    for (const [, name, content] of formats) {
      if (!isOf(name, pictures)) {
        const path = await fileIn('a.png', content);
        const opening = openImageDataset(path, { rows: 2, columns: 2, cacheFolder: `${path}.cache` });
        await expect(opening).rejects.toThrow(new RegExp(`it is .*${name}.*, expected a picture`));
      }
      if (!isOf(name, ['WAV', 'FLAC', 'Ogg'])) {
        const path = await fileIn('a.wav', content);
        const opening = openAudioDataset(path, { cacheFolder: `${path}.cache` });
        await expect(opening).rejects.toThrow(
          new RegExp(`it is .*${name}.*, expected WAV, FLAC or Ogg Vorbis`),
        );
      }
    }
  });

  it('take records that begin as another format does only from gzip', async () => {
    const records = Buffer.alloc(13 * 3, 7);
    const open = async (content: Uint8Array) => {
      const path = await fileIn('a.bin', content);
      const dataset = await openImageDataset(path, { rows: 2, columns: 2, cacheFolder: `${path}.cache` });
      onTestFinished(() => dataset.close());
      return dataset;
    };
    expect((await open(gzipSync(records))).tokens).toBe(36);
    await expect(open(gzipSync(gzipSync(records)))).rejects.toThrow('it is packed twice');
    await expect(open(Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(9)]))).rejects.toThrow(
      'it is a zip archive, expected records',
    );
    // Dark pictures, which look like icons and fonts.
    for (const start of ['\0\0\x01\0', '\0\x01\0\0\0', '\x80\x04']) {
      const dark = Buffer.alloc(13);
      dark.write(start, 'latin1');
      expect((await open(dark)).tokens).toBe(12);
    }
  });

  it('count what they used', async () => {
    const folder = await temporaryFolder();
    const sound = encodeWav(Float32Array.of(0, 0.5, 0), 12_000);
    for (const name of ['a.wav', 'b.wav']) await writeFile(join(folder, name), sound);
    await writeFile(join(folder, 'c.wav'), 'no sound');
    for (let time = 0; time < 2; time++) {
      const dataset = await openAudioDataset(folder, { onBadInput: 'skip', cacheFolder: `${folder}/.cache` });
      expect([dataset.used, dataset.skippedCounts.files]).toEqual([{ files: 2, bytes: 2 * sound.length }, 1]);
      await dataset.close();
    }
  });
});
