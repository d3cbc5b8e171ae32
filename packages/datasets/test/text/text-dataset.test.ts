import { appendFileSync } from 'node:fs';
import { readdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { characterTokenizer, tokenizerFromJSON } from '@sparse-transformers/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DatasetProgress, openTextDataset, type TokenSplit } from '../../src/index.ts';
import { fileOf, openForTest, openWhole, temporaryFolder } from '../temporary-folder.ts';

async function tokensOf(split: TokenSplit): Promise<number[]> {
  const tokens = new Int32Array(split.tokens);
  await split.read(0, tokens);
  return [...tokens];
}

describe('a dataset of bytes', () => {
  it('has the bytes of the file as its tokens', async () => {
    const dataset = await openWhole('aé€');
    expect(await tokensOf(dataset.split('all'))).toEqual([97, 195, 169, 226, 130, 172]);
    expect(dataset.tokens).toBe(6);
  });

  it('makes no cache for a plain file', async () => {
    const path = await fileOf('abc');
    await openForTest(path, { split: { all: 1 } });
    expect(await readdir(join(path, '..'))).toEqual(['text.txt']);
  });

  it('has the SHA-256 of the text as its fingerprint', async () => {
    expect((await openWhole('abc')).fingerprint).toEqual({
      bytes: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
  });

  it('reads any part of any split as a slice of the file', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.nat(),
        fc.nat(),
        async (bytes, ratio, from, count) => {
          const dataset = await openTextDataset(await fileOf(bytes), {
            tokenizer: 'bytes',
            anyBytes: true,
            split: { first: ratio, second: 1 - ratio },
          });
          const [first, second] = [dataset.split('first'), dataset.split('second')];
          expect([...(await tokensOf(first)), ...(await tokensOf(second))]).toEqual([...bytes]);
          const start = from % (second.tokens + 1);
          const into = new Int32Array(count % (second.tokens - start + 1));
          await second.read(start, into);
          expect([...into]).toEqual([
            ...bytes.subarray(first.tokens + start, first.tokens + start + into.length),
          ]);
          await dataset.close();
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('splits', () => {
  it('are 90 % for training and the rest for validation unless told', async () => {
    const dataset = await openForTest(await fileOf('x'.repeat(1009)));
    expect(dataset.splits.map(({ name, tokens }) => [name, tokens])).toEqual([
      ['train', 908],
      ['valid', 101],
    ]);
  });

  it('have edges where decimal fractions say, and leave no token over', async () => {
    // In floating point 0.7 + 0.2 is less than 0.9, and all three together less than 1.
    const dataset = await openForTest(await fileOf('x'.repeat(1000)), { split: { a: 0.7, b: 0.2, c: 0.1 } });
    expect(dataset.splits.map(({ tokens }) => tokens)).toEqual([700, 200, 100]);
    const hundred = await openForTest(await fileOf('x'.repeat(100)), { split: { a: 0.29, b: 0.71 } });
    expect(hundred.split('a').tokens).toBe(29);
    const rounded = await openForTest(await fileOf('x'.repeat(1000)), { split: { a: 0.5, b: 0.4999999995 } });
    expect(rounded.split('b').tokens).toBe(500);
  });

  it('may have any name', async () => {
    const split = JSON.parse('{"__proto__": 0.5, "constructor": 0.5}');
    const dataset = await openForTest(await fileOf('abcd'), { split });
    expect(await tokensOf(dataset.split('__proto__'))).toEqual([97, 98]);
  });

  it('of an unknown name are refused with the known ones', async () => {
    const dataset = await openForTest(await fileOf('abcd'));
    expect(() => dataset.split('test')).toThrow('expected one of "train", "valid", got "test"');
  });

  it.each([
    ['nothing', {}, 'must sum to 1, got 0'],
    ['too little', { a: 0.5, b: 0.4 }, 'must sum to 1, got 0.9'],
    ['zero', { a: 1, b: 0 }, 'split["b"] must be a number above 0 and at most 1, got 0'],
    ['a negative share', { a: 1.5, b: -0.5 }, 'split["a"]'],
    ['NaN', { a: Number.NaN }, 'split["a"]'],
  ])('of %s are refused', async (_name, split, message) => {
    await expect(openTextDataset(await fileOf('abc'), { tokenizer: 'bytes', split })).rejects.toThrow(
      message,
    );
  });

  it('refuse to be read outside', async () => {
    const split = (await openForTest(await fileOf('0123456789'), { split: { a: 0.5, b: 0.5 } })).split('a');
    await expect(split.read(3, new Int32Array(3))).rejects.toThrow(
      'start must be a whole number from 0 to 2, got 3',
    );
    await expect(split.read(-1, new Int32Array(1))).rejects.toThrow('start must be a whole number');
  });
});

describe('a dataset of characters', () => {
  it('builds the alphabet from the whole file, in code point order', async () => {
    const dataset = await openForTest(await fileOf('ba😀éz'), {
      tokenizer: 'characters',
      split: { a: 0.5, b: 0.5 },
    });
    expect(dataset.tokenizer.toJSON()).toMatchObject({ alphabet: 'abzé😀' });
    expect(await tokensOf(dataset.split('a'))).toEqual([1, 0]);
    expect(await tokensOf(dataset.split('b'))).toEqual([4, 3, 2]);
  });

  it('takes a tokenizer saved before', async () => {
    const tokenizer = tokenizerFromJSON(JSON.parse(JSON.stringify(characterTokenizer('é😀a'))));
    if (tokenizer.dataKind !== 'text') expect.fail(`got a tokenizer of ${tokenizer.dataKind}`);
    expect(await tokensOf((await openWhole('a😀éa', { tokenizer })).split('all'))).toEqual([2, 1, 0, 2]);
  });

  it.each([
    ['one byte', 256],
    ['two bytes', 257],
    ['two bytes', 65536],
    ['four bytes', 65537],
  ])('keeps ids in %s with an alphabet of %d', async (_width, size) => {
    const letters = Array.from({ length: size + 2048 }, (_, code) => code).filter(
      (code) => code < 0xd800 || code > 0xdfff,
    );
    const alphabet = String.fromCodePoint(...letters.slice(0, size));
    const text = String.fromCodePoint(letters[size - 1]!, letters[0]!, letters[255]!);
    const dataset = await openWhole(text, { tokenizer: characterTokenizer(alphabet) });
    expect(await tokensOf(dataset.split('all'))).toEqual([size - 1, 0, 255]);
  });

  it('counts right across the edges of pages', async () => {
    const text = `a${'€'.repeat(400_000)}b`; // Pages are 2²⁰ bytes: an edge falls into a character.
    const split = (await openWhole(text, { tokenizer: 'characters' })).split('all');
    const tokens = await tokensOf(split);
    expect(tokens.length).toBe(400_002);
    expect(new Set(tokens.slice(1, -1))).toEqual(new Set([2]));
    expect(tokens.at(-1)).toBe(1);
  });

  it('tokenises once and reads the cache after', async () => {
    const path = await fileOf('abcabc');
    const steps: string[] = [];
    const onProgress = ({ step }: DatasetProgress): void => void steps.push(step);
    const tokenizer = characterTokenizer('abc');
    await openForTest(path, { tokenizer, onProgress });
    expect(steps).toContain('tokenising');
    steps.length = 0;
    const again = await openForTest(path, { tokenizer, onProgress, split: { all: 1 } });
    expect(steps).not.toContain('tokenising');
    expect(await tokensOf(again.split('all'))).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('refuses a character that the tokenizer does not know, naming file, character and place', async () => {
    const path = await fileOf('ab€c');
    await expect(openForTest(path, { tokenizer: characterTokenizer('abc') })).rejects.toMatchObject({
      reason: 'unknown-character',
      message: expect.stringContaining(`tokenise ${path}: U+20AC "€" at character 2`),
    });
    expect(await readdir(`${path}.cache`)).toEqual([]);
  });
});

describe('a file that changes', () => {
  const later = new Date('2040-01-01');

  it('is found out while it is open', async () => {
    const path = await fileOf('abcdef');
    const split = (await openForTest(path, { split: { all: 1 } })).split('all');
    await writeFile(path, 'abcdeX');
    await utimes(path, later, later);
    await expect(split.read(0, new Int32Array(2))).rejects.toMatchObject({
      reason: 'changed',
      message: expect.stringContaining('its SHA-256 was'),
    });
  });

  it.each([
    ['abc', 'it had 6 bytes and has 3'],
    ['abcdefg', 'it had 6 bytes and has 7'],
  ])('to "%s" is found out by its size', async (text, how) => {
    const path = await fileOf('abcdef');
    const split = (await openForTest(path, { split: { all: 1 } })).split('all');
    await writeFile(path, text);
    await expect(split.read(0, new Int32Array(2))).rejects.toThrow(
      `read ${path}: expected the content that the run began with, but the file changed: ${how}`,
    );
  });

  it('is found out where the file now ends', async () => {
    const path = await fileOf('abcdef');
    const split = (await openForTest(path, { split: { all: 1 } })).split('all');
    await writeFile(path, 'abc');
    await expect(split.read(2, new Int32Array(4))).rejects.toThrow('it ends at byte 3, before byte 6');
  });

  it('is found out while it is being opened', async () => {
    const path = await fileOf('abcdef');
    const open = openForTest(path, { onProgress: () => appendFileSync(path, 'g') });
    await expect(open).rejects.toMatchObject({
      reason: 'changed',
      message: expect.stringContaining('it was written to while it was read'),
    });
  });

  it('in its times only is read on', async () => {
    const path = await fileOf('abcdef');
    const split = (await openForTest(path, { split: { all: 1 } })).split('all');
    await utimes(path, later, later);
    expect(await tokensOf(split)).toEqual([97, 98, 99, 100, 101, 102]);
  });

  it('by another file in its place does not disturb an open dataset', async () => {
    const path = await fileOf('abc');
    const split = (await openForTest(path, { split: { all: 1 } })).split('all');
    await rename(await fileOf('other'), path);
    expect(await tokensOf(split)).toEqual([97, 98, 99]);
  });
});

describe('verify', () => {
  it('is content with the same text under another name, packed or not', async () => {
    const { fingerprint } = await openForTest(await fileOf('abc'));
    const packed = await openForTest(await fileOf(gzipSync('abc'), 'other.gz'));
    expect(() => packed.verify(JSON.parse(JSON.stringify(fingerprint)))).not.toThrow();
  });

  it('says what differs', async () => {
    const before = (await openForTest(await fileOf('abc'))).fingerprint;
    const path = await fileOf('abcd');
    const after = await openForTest(path);
    expect(() => after.verify(before)).toThrow(
      `verify ${path}: expected the text that the run began with, but bytes: expected 3, got 4; sha256: expected "ba78`,
    );
  });

  it.each<[unknown]>([[null], [undefined], [7], ['text'], [[]], [{}], [{ toString: 1 }]])(
    'refuses %j for a fingerprint',
    async (value) => {
      const dataset = await openForTest(await fileOf('abc'));
      expect(() => dataset.verify(value)).toThrow('but bytes: expected undefined, got 3');
    },
  );
});

describe('a closed dataset', () => {
  it('refuses to be read', async () => {
    const dataset = await openForTest(await fileOf('abcdef'));
    await dataset.close();
    await expect(dataset.split('train').read(0, new Int32Array(1))).rejects.toMatchObject({
      reason: 'closed',
    });
  });

  it('may be closed again', async () => {
    const dataset = await openForTest(await fileOf('abcdef'));
    await dataset.close();
    await expect(dataset.close()).resolves.toBeUndefined();
  });
});

describe('a path that is no text file', () => {
  it.each([
    ['missing', 'nothing.txt', 'missing', 'got no such file; check the path'],
    ['a folder without text', '.', 'empty', 'expected files with names that end in .txt'],
    ['a name with a zero byte', 'a\u0000b', 'unreadable', 'check its permissions and path'],
    ['a name too long', 'x'.repeat(5000), 'unreadable', 'check its permissions and path'],
  ])('is refused: %s', async (_name, file, reason, message) => {
    const path = join(await temporaryFolder(), file.replace('\u0000', '_')).replace('a_b', file);
    await expect(openForTest(path)).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(message),
    });
  });

  it('is refused: an empty file', async () => {
    const path = await fileOf('');
    await expect(openForTest(path)).rejects.toMatchObject({
      reason: 'empty',
      message: expect.stringContaining(`open ${path}`),
    });
  });

  it('is refused: a device', async () => {
    await expect(openForTest('/dev/null', { cacheFolder: await temporaryFolder() })).rejects.toMatchObject({
      reason: 'not-a-file',
    });
  });
});
