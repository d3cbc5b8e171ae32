import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  knownText,
  openTextDataset,
  randomWindows,
  type TextDataset,
  type TextDatasetOptions,
} from '../../src/index.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { zstdOf } from './zstd-frames.ts';

type Options = Partial<TextDatasetOptions>;
type Files = Readonly<Record<string, string | Uint8Array>>;

async function folderOf(files: Files): Promise<string> {
  const folder = join(await temporaryFolder(), 'text');
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

async function open(paths: string | readonly string[], options: Options = {}): Promise<TextDataset> {
  const cacheFolder = `${dirname(typeof paths === 'string' ? paths : paths[0]!)}/cache`;
  return openTextDataset(paths, { tokenizer: 'bytes', split: { all: 1 }, cacheFolder, ...options });
}

async function textOf(dataset: TextDataset): Promise<string> {
  const ids = new Int32Array(dataset.tokens);
  await dataset.split('all').read(0, ids);
  await dataset.close();
  return dataset.tokenizer.decode(ids);
}

async function textIn(files: Files, options: Options = {}): Promise<string> {
  return textOf(await open(await folderOf(files), options));
}

/** What was skipped, without the folder before its name. */
async function skippedIn(
  files: Files,
  options: Options = {},
): Promise<[string, number | undefined, string][]> {
  const folder = await folderOf(files);
  const dataset = await open(folder, { onBadInput: 'skip', ...options });
  await dataset.close();
  return dataset.skipped.map(({ path, line, reason }) => [path.slice(folder.length + 1), line, reason]);
}

describe('a folder', () => {
  it('gives its text files in the order of their names, joined by empty lines', async () => {
    const files = {
      'b.txt': 'two',
      'a/z.md': 'one',
      'c.TXT': 'three',
      'd.png': 'no',
      '.git/x.txt': 'no',
      '.x.txt': 'no',
    };
    expect(await textIn(files)).toBe('one\n\ntwo\n\nthree');
  });

  it('gives packed files and lines as their texts, joined by the separator', async () => {
    const line = (text: string): string => JSON.stringify({ text });
    const files = {
      '1.txt.gz': gzipSync('one'),
      '2.txt.zst': await zstdOf('two'),
      '3.jsonl': `${line('three\n3')}\r\n${line('"four" 😀')}`,
      '4.jsonl.gz': gzipSync(`${line('five')}\n`),
      '5.ndjson.zst': await zstdOf(line('six')),
    };
    expect(await textIn(files, { separator: '|' })).toBe('one|two|three\n3|"four" 😀|five|six');
  });

  it('takes the names that are asked for, and the field', async () => {
    expect(await textIn({ 'a.log': 'a', 'b.txt': 'b' }, { extensions: ['.log'] })).toBe('a');
    expect(await textIn({ 'a.jsonl': '{"body":"a"}' }, { field: 'body' })).toBe('a');
  });

  it('is refused without text', async () => {
    await expect(open(await folderOf({ 'a.png': '' }))).rejects.toMatchObject({ reason: 'empty' });
    await expect(open(await folderOf({ 'a.txt': '' }))).rejects.toMatchObject({ reason: 'empty' });
    await expect(open(await folderOf({ 'a.txt': '' }), { onBadInput: 'skip' })).rejects.toThrow('a.txt');
  });

  it('is read by a link in it that stays in it, each file once', async () => {
    const folder = await folderOf({ 'b/one.txt': 'one', 'c.txt': 'two' });
    await symlink('b', join(folder, 'a'));
    await symlink('c.txt', join(folder, 'd.txt'));
    expect(await textOf(await open(folder))).toBe('one\n\ntwo');
  });

  it.each([
    ['to a folder above', '..', 'loop', 'a link that leaves it'],
    ['to its own folder', '.', 'loop', 'a link to a folder that it is in'],
    ['to a file outside', '../secret.txt', 'x.txt', 'a link that leaves it'],
    ['to itself', 'x', 'x', 'links that go round in a circle'],
    ['to nothing', 'nothing', 'x.txt', 'a link to nothing'],
  ])('with a link %s is refused, or the link skipped and named', async (_name, target, link, what) => {
    const folder = await folderOf({ 'a.txt': 'a' });
    await writeFile(join(folder, '../secret.txt'), 'secret');
    await symlink(target, join(folder, link));
    await expect(open(folder)).rejects.toMatchObject({
      reason: 'link',
      message: expect.stringContaining(what),
    });
    const dataset = await open(folder, { onBadInput: 'skip' });
    expect(dataset.skipped).toMatchObject([
      { path: join(folder, link), reason: expect.stringContaining(what) },
    ]);
    expect(await textOf(dataset)).toBe('a');
  });

  it.skipIf(process.platform === 'win32')(
    'with a pipe is refused without waiting, or the pipe skipped',
    async () => {
      const folder = await folderOf({ 'a.txt': 'a' });
      execFileSync('mkfifo', [join(folder, 'b.txt')]);
      await expect(open(folder)).rejects.toMatchObject({ reason: 'not-a-file' });
      await expect(open(join(folder, 'b.txt'))).rejects.toMatchObject({ reason: 'not-a-file' });
      expect(await textOf(await open(folder, { onBadInput: 'skip' }))).toBe('a');
    },
  );
});

describe('patterns and lists', () => {
  it('give files in their order', async () => {
    const folder = await folderOf({ 'x/a.txt': 'a', 'x/b.log': 'b', 'x/y/c.txt': 'c', 'd.txt': 'd' });
    expect(await textOf(await open(`${folder}/*/*.{txt,log}`))).toBe('a\n\nb');
    expect(await textOf(await open(`${folder}/**/*.txt`))).toBe('d\n\na\n\nc');
    expect(await textOf(await open([join(folder, 'd.txt'), `${folder}/x/*.txt`]))).toBe('d\n\na');
  });

  it('leave a name alone that is there, whatever its characters', async () => {
    const folder = await folderOf({ 'a*[1] {x} \u00e9\n!.txt': 'odd', 'a1.txt': 'other' });
    expect(await textOf(await open(join(folder, 'a*[1] {x} \u00e9\n!.txt')))).toBe('odd');
  });

  it('are refused where nothing matches', async () => {
    const folder = await folderOf({ 'a.txt': 'a' });
    await expect(open(`${folder}/*.md`)).rejects.toThrow('names that match *.md, got none');
    await expect(open(`${folder}/none.txt`, { onBadInput: 'skip' })).rejects.toMatchObject({
      reason: 'missing',
    });
    await expect(openTextDataset([], { tokenizer: 'bytes' })).rejects.toThrow(
      'paths must be at least one path',
    );
  });
});

describe('the start and the lines of a file', () => {
  const mark = '\ufeff';

  it('lose a byte-order mark at the start, wherever the file is read from', async () => {
    const alone = await open(join(await folderOf({ 'a.txt': `${mark}a${mark}` }), 'a.txt'));
    expect(alone.fingerprint.bytes).toBe(4);
    expect(await textOf(alone)).toBe(`a${mark}`);
    const lines = `${mark}{"text":"c"}`;
    expect(await textIn({ 'a.txt.gz': gzipSync(`${mark}a`), 'b.txt': `${mark}b`, 'c.jsonl': lines })).toBe(
      'a\n\nb\n\nc',
    );
    await expect(textIn({ 'a.txt': mark })).rejects.toMatchObject({ reason: 'empty' });
  });

  it('keep CRLF, or end as on Unix by choice', async () => {
    const files = { 'a.txt': 'a\r\nb\rc\r\r\n', 'b.jsonl': '{"text":"d\\r\\ne"}' };
    expect(await textIn(files)).toBe('a\r\nb\rc\r\r\n\n\nd\r\ne');
    expect(await textIn(files, { newlines: 'unix' })).toBe('a\nb\rc\r\n\n\nd\ne');
  });

  it('end as on Unix across the edges of pages', async () => {
    const text = `${'x'.repeat(2 ** 20 - 1)}\r\ny\r`;
    expect(await textIn({ 'a.txt': text }, { newlines: 'unix' })).toBe(text.replace('\r\n', '\n'));
  });
});

describe('what cannot be used', () => {
  const good = '{"text":"good"}';

  it.each<[string, string | Buffer, string]>([
    ['no JSON', '{"text":', 'a line that is none'],
    ['empty', '', 'an empty line'],
    ['an array', '["text"]', 'got an array'],
    ['null', 'null', 'got null'],
    ['without the field', '{"body":"x"}', 'an object without it'],
    ['with a field from its prototype only', '{"__proto__":{"text":"x"}}', 'an object without it'],
    ['with a number for the text', '{"text":7}', 'got 7'],
    ['with an empty text', '{"text":""}', 'an empty string'],
    ['with half a surrogate pair', '{"text":"\\ud83d"}', 'half a surrogate pair'],
    ['that is not UTF-8', Buffer.from('{"text":"\xff"}', 'latin1'), 'bytes that are not UTF-8'],
    ['too long', `{"text":"${'x'.repeat(2000)}"}`, 'expected a line of at most 1000 bytes'],
    ['of brackets', '['.repeat(1000), 'a line that is none'],
  ])('is refused or skipped: a line %s', async (_name, line, what) => {
    const content = Buffer.concat([Buffer.from(`${good}\n`), Buffer.from(line), Buffer.from(`\n${good}`)]);
    const folder = await folderOf({ 'a.jsonl': content });
    const refusal = {
      reason: 'bad-line',
      message: expect.stringContaining(`read line 2 of ${folder}/a.jsonl`),
    };
    await expect(open(folder, { maxLineBytes: 1000 })).rejects.toMatchObject(refusal);
    const dataset = await open(folder, { maxLineBytes: 1000, onBadInput: 'skip' });
    expect(dataset.skipped).toMatchObject([
      { path: `${folder}/a.jsonl`, line: 2, reason: expect.stringContaining(what) },
    ]);
    expect(dataset.skippedCounts).toEqual({ files: 0, lines: 1 });
    expect(await textOf(dataset)).toBe('good\n\ngood');
  });

  it('is skipped as a whole file, with all that came of it, in the cache too', async () => {
    const cut = gzipSync(`${good}\nno\n`.repeat(3000)).subarray(0, -9);
    const files = { 'a.txt': 'a', 'b.jsonl.gz': cut, 'c.txt': 'c', 'd.txt': '' };
    const folder = await folderOf(files);
    for (let opening = 0; opening < 2; opening++) {
      const dataset = await open(folder, { onBadInput: 'skip', shardBytes: 1024 });
      expect(dataset.skipped.map(({ path, reason }) => [path.slice(-10), reason])).toEqual([
        [expect.stringContaining('d.txt'), 'expected text, got a file of no bytes'],
        ['b.jsonl.gz', 'expected a whole gzip file, got a file that is cut short'],
      ]);
      expect(dataset.skippedCounts).toEqual({ files: 2, lines: 0 });
      expect(await textOf(dataset)).toBe('a\n\nc');
    }
  });

  it('is skipped: a bomb, leaving the files beside it', async () => {
    const bomb = gzipSync(Buffer.alloc(3_000_000, 'x'));
    const options = { maxUnpackedBytes: 2_000_000, shardBytes: 2 ** 20 };
    const skipped = await skippedIn({ 'a.txt': 'a', 'b.txt.gz': bomb }, options);
    expect(skipped).toEqual([['b.txt.gz', undefined, 'expected at most 2000000 bytes of text, got more']]);
  });

  it('is listed up to a thousand times, and counted beyond', async () => {
    const folder = await folderOf({ 'a.jsonl': `${good}\n${'no\n'.repeat(1500)}` });
    const dataset = await open(folder, { onBadInput: 'skip' });
    expect([dataset.skipped.length, dataset.skippedCounts.lines]).toEqual([1000, 1500]);
    await dataset.close();
  });

  it('is kept by bytes, and refused or skipped by characters: what is not UTF-8', async () => {
    const files = { 'a.txt': 'é', 'b.txt': Buffer.from('x\xe9y', 'latin1') };
    const folder = await folderOf(files);
    expect((await open(folder)).tokens).toBe(7);
    await expect(open(folder, { tokenizer: 'characters' })).rejects.toMatchObject({
      reason: 'not-utf-8',
      message: expect.stringContaining(
        'b.txt: expected characters in UTF-8, got bytes that are none at byte 1',
      ),
    });
    const dataset = await open(folder, { tokenizer: 'characters', onBadInput: 'skip' });
    expect(dataset.tokenizer.toJSON()).toMatchObject({ alphabet: 'é' });
    expect(await textOf(dataset)).toBe('é');
  });

  it('gives no character to the alphabet, where a file is bad only far behind its start', async () => {
    const late = Buffer.concat([Buffer.alloc(2 ** 20 + 1, 'q'), Buffer.of(0xff)]);
    const folder = await folderOf({ 'a.txt': 'a', 'b.txt': late });
    const dataset = await open(folder, { tokenizer: 'characters', onBadInput: 'skip' });
    expect(dataset.tokenizer.toJSON()).toMatchObject({ alphabet: 'a' });
    expect(await textOf(dataset)).toBe('a');
  });

  it.each([
    [{ shardBytes: 6 }, 'shardBytes must be a multiple of 4, got 6'],
    [{ maxLineBytes: 0 }, 'maxLineBytes must be'],
    [{ newlines: 'dos' }, 'newlines must be "keep" or "unix", got "dos"'],
    [{ onBadInput: 'eat' }, 'onBadInput must be "refuse" or "skip", got "eat"'],
  ])('is refused: option %j', async (wrong, message) => {
    const options: Options = JSON.parse(JSON.stringify(wrong));
    await expect(open(await folderOf({ 'a.txt': 'a' }), options)).rejects.toThrow(message);
  });
});

describe('however it is cut', () => {
  const document = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 30 })
    .filter((text) => !text.startsWith('\ufeff'));

  it('into files, lines and shards, a text has the tokens of the whole, and its fingerprint', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(document, { minLength: 1, maxLength: 6 }),
        fc.array(fc.constantFrom('txt', 'txt.gz', 'txt.zst', 'jsonl', 'jsonl.gz'), {
          minLength: 6,
          maxLength: 6,
        }),
        fc.constantFrom('bytes', 'characters' as const),
        fc.constantFrom(4, 8, 40, 2 ** 20),
        fc.constantFrom('', '\n\n', '¶'),
        async (documents, kinds, tokenizer, shardBytes, separator) => {
          const entries = documents.map(async (text, index): Promise<[string, string | Uint8Array]> => {
            const kind = kinds[index]!;
            const form = kind.startsWith('jsonl') ? JSON.stringify({ text }) : text;
            const content = kind.endsWith('gz')
              ? gzipSync(form)
              : kind.endsWith('zst')
                ? await zstdOf(form)
                : form;
            return [`${index}.${kind}`, content];
          });
          const folder = await folderOf(Object.fromEntries(await Promise.all(entries)));
          const cut = await open(folder, { tokenizer, shardBytes, separator });
          const whole = documents.join(separator);
          await writeFile(join(folder, '../whole.txt'), whole);
          const one = await open(join(folder, '../whole.txt'), { tokenizer });
          expect(cut.fingerprint).toEqual(one.fingerprint);
          expect(cut.tokenizer.toJSON()).toEqual(one.tokenizer.toJSON());
          await one.close();
          const ids = new Int32Array(cut.tokens);
          await cut.split('all').read(0, ids);
          expect([...ids]).toEqual([...cut.tokenizer.encode(whole)]);
          const [start, end] = [Math.floor(ids.length / 3), Math.ceil(ids.length / 2)];
          const part = new Int32Array(end - start);
          await cut.split('all').read(start, part);
          expect([...part]).toEqual([...ids.subarray(start, end)]);
          await cut.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('a cursor goes on at the very sample', async () => {
    const options = { shardBytes: 64, split: { train: 0.5, valid: 0.5 } };
    const folder = await folderOf({ 'a.txt': 'abc'.repeat(100), 'b.txt.gz': gzipSync('xyz'.repeat(100)) });
    const [before, after] = [await open(folder, options), await open(folder, options)];
    const shape = { length: 30, batch: 4, seed: 3 };
    const windows = randomWindows(before.split('train'), shape);
    await windows.next();
    const cursor = JSON.parse(JSON.stringify(windows.cursor()));
    expect(await randomWindows(after.split('train'), { ...shape, cursor }).next()).toEqual(
      await windows.next(),
    );
    await before.close();
    await after.close();
  });
});

describe('a known text', () => {
  it('is cut as enwik8 is: 90, 5 and 5 MB', async () => {
    const folder = await folderOf({ 'enwik8.txt': 'x' });
    await truncate(join(folder, 'enwik8.txt'), 1e8);
    const split = { train: 0.9, valid: 0.05, test: 0.05 };
    const dataset = await open(join(folder, 'enwik8.txt'), { split });
    expect(dataset.splits.map(({ tokens }) => tokens)).toEqual([90_000_000, 5_000_000, 5_000_000]);
    await dataset.close();
  });

  it('is no text of its length but another MD5', async () => {
    const abc = { name: 'abc', bytes: 3, md5: '900150983cd24fb0d6963f7d28e17f72' };
    const dataset = await open(await folderOf({ 'a.txt': 'abd' }));
    expect(await knownText(dataset, [abc])).toBeNull();
    await dataset.close();
  });

  it.each(['bytes', 'characters'] as const)('is known by its length and MD5, by %s', async (tokenizer) => {
    const texts = [{ name: 'abc', bytes: 3, md5: '900150983cd24fb0d6963f7d28e17f72' }];
    const split = { a: 0.5, b: 0.5 };
    const dataset = await open(await folderOf({ 'a.txt': 'abc' }), { tokenizer, split });
    expect(await knownText(dataset, texts)).toBe(texts[0]);
    expect(await knownText(dataset)).toBeNull();
    await dataset.close();
  });
});
