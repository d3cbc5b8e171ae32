import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { TextDataset } from '../../src/index.ts';
import { fileOf, openForTest } from '../temporary-folder.ts';
import { zstdFrame, zstdOf } from './zstd-frames.ts';

/** Written by the zstd program, level 19, with its checksum. */
const packed = Buffer.from(
  'KLUv/WTIBP0BABQDVG8gYmUsIG9yIG5vdCB0dGhhdCBpcyB0aGUgcXVlc3Rpb24uIDogw6nigqzwn5iACgMAezXhT5xKTQyzDohgJ3w=',
  'base64',
);
const sentence = 'To be, or not to be, that is the question. To be, or not to be: é€😀\n';

async function textOf(dataset: TextDataset): Promise<string> {
  const ids = new Int32Array(dataset.tokens);
  await dataset.split('all').read(0, ids);
  return dataset.tokenizer.decode(ids);
}

async function open(bytes: Uint8Array, options = {}): Promise<TextDataset> {
  return openForTest(await fileOf(bytes, 'text.txt.zst'), { split: { all: 1 }, ...options });
}

describe('a file packed with zstd', () => {
  it('reads as its text', async () => {
    expect(await textOf(await open(packed))).toBe(sentence.repeat(20));
  });

  it('of several frames, and frames of other things, reads as all its text', async () => {
    const passedOver = Buffer.from('502a4d18030000006f746872', 'hex').subarray(0, 11);
    const whole = Buffer.concat([await zstdOf('abc'), passedOver, packed, await zstdOf('def')]);
    expect(await textOf(await open(whole))).toBe(`abc${sentence.repeat(20)}def`);
  });

  it('of many blocks reads as its text', async () => {
    const text = Array.from({ length: 40_000 }, (_, index) => `line ${index}\n`).join('');
    expect(await textOf(await open(await zstdOf(text)))).toBe(text);
  });

  it('is refused wherever it is cut short', async () => {
    for (let length = 1; length < packed.length; length++) {
      await expect(open(packed.subarray(0, length))).rejects.toMatchObject({ reason: 'corrupt' });
    }
  });

  it('is refused whichever byte is damaged, but where the text is the same without it', async () => {
    let refused = 0;
    for (let place = 0; place < packed.length; place++) {
      const damaged = Buffer.from(packed);
      damaged[place]! ^= 0x55;
      const text = await open(damaged).then(textOf, (error: Error) => error.message);
      if (text !== sentence.repeat(20)) refused++;
      expect([sentence.repeat(20), expect.stringContaining('unpack ')]).toContainEqual(text);
    }
    expect(refused).toBeGreaterThan(packed.length * 0.9);
  });

  it('is refused when more follows that is no frame', async () => {
    await expect(open(Buffer.concat([packed, Buffer.from('text')]))).rejects.toThrow('got no frame of zstd');
  });

  it('is refused when it unpacks to more than the limit, leaving nothing in the cache', async () => {
    const bomb = await zstdFrame(Array.from({ length: 1000 }, () => ({ byte: 97, count: 2 ** 17 })));
    expect(bomb.length).toBeLessThan(5000);
    const path = await fileOf(bomb, 'bomb.zst');
    await expect(openForTest(path, { maxUnpackedBytes: 10_000_000 })).rejects.toMatchObject({
      reason: 'too-large',
    });
    expect(await readdir(`${path}.cache`)).toEqual([]);
  });

  it('is refused when it says that a huge memory is needed, before any is taken', async () => {
    const greedy = await zstdFrame([Buffer.from('abc')], undefined, 31);
    await expect(open(greedy)).rejects.toMatchObject({
      reason: 'too-large',
      message: expect.stringContaining('at most 134217728 bytes to unpack, got one that needs 2147483648'),
    });
  });
});
