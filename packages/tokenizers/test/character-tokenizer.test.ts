import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildCharacterTokenizer,
  characterTokenizer,
  type Tokenizer,
  TokenizerError,
  UnknownCharacterError,
} from '../src/index.ts';

const text = fc.string({ unit: 'binary', minLength: 1 });

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

function encodeInChunks(tokenizer: Tokenizer, bytes: Uint8Array, size: number): number[] {
  const encoder = tokenizer.encoder();
  const ids: number[] = [];
  for (let start = 0; start < bytes.length; start += size)
    ids.push(...encoder.push(bytes.subarray(start, start + size)));
  return [...ids, ...encoder.end()];
}

describe('characterTokenizer', () => {
  const tokenizer = characterTokenizer('ba😀é');

  it('numbers the characters as the alphabet does', () => {
    expect([...tokenizer.encode('é😀ab')]).toEqual([3, 2, 1, 0]);
  });

  it('has one id a code point', () => {
    expect(tokenizer.size).toBe(4);
  });

  it('decodes ids to their characters', () => {
    expect(tokenizer.decode([2, 0, 3])).toBe('😀bé');
  });

  it('refuses an unknown character, naming it, its place and the way out', () => {
    expect(() => tokenizer.encode('a😀ö')).toThrow(
      'encode: U+00F6 "ö" at character 2 is not in the tokenizer\'s alphabet; ' +
        'leave it out, or build the tokenizer from a text that holds it',
    );
  });

  it('tells a program which character and where', () => {
    try {
      tokenizer.encode('a\u{10ffff}');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UnknownCharacterError);
      expect(error).toMatchObject({ codePoint: 0x10ffff, position: 1 });
    }
  });

  it('never writes a control character into a message', () => {
    expect(() => tokenizer.encode('\u001b')).toThrow('U+001B at character 0');
  });

  it('counts the place of an unknown character from the start of the stream', () => {
    const encoder = tokenizer.encoder();
    encoder.push(new TextEncoder().encode('ab😀'));
    expect(() => encoder.push(new TextEncoder().encode('aX'))).toThrow('push: U+0058 "X" at character 4');
  });

  it('says that an unknown U+FFFD may stand for bytes that are not UTF-8', () => {
    expect(() => tokenizer.encoder().push(Uint8Array.of(0xff))).toThrow(
      'U+FFFD (also shown for bytes that are not UTF-8)',
    );
  });

  it('counts a character cut at the end of a stream as U+FFFD', () => {
    const encoder = characterTokenizer('a\ufffd').encoder();
    expect([...encoder.push(Uint8Array.of(97, 0xe2)), ...encoder.end()]).toEqual([0, 1]);
  });

  it.each([4, -1, 0.5, Number.NaN])('refuses the id %s', (id) => {
    expect(() => tokenizer.decode([id])).toThrow(
      `decode: ids[0] must be a whole number from 0 to 3, got ${id}`,
    );
    expect(() => tokenizer.decoder().push([id])).toThrow(TokenizerError);
  });

  it('decodes a stream piece by piece', () => {
    const decoder = tokenizer.decoder();
    expect([decoder.push([2]), decoder.push([]), decoder.push([0, 1]), decoder.end()]).toEqual([
      '😀',
      '',
      'ba',
      '',
    ]);
  });

  it('refuses an empty alphabet', () => {
    expect(() => characterTokenizer('')).toThrow('alphabet must hold at least one character');
  });

  it('refuses a character named twice', () => {
    expect(() => characterTokenizer('a😀b😀')).toThrow(
      'each character once, got U+1F600 "😀" at characters 1 and 3',
    );
  });

  it('refuses half a surrogate pair', () => {
    expect(() => characterTokenizer('a\udc00')).toThrow('half a surrogate pair U+DC00 at character 1');
    expect(() => buildCharacterTokenizer('\ud800')).toThrow(TokenizerError);
    expect(() => tokenizer.encode('\ud83d')).toThrow(UnknownCharacterError);
  });
});

describe('buildCharacterTokenizer', () => {
  it('sorts by code point, not by UTF-16 unit', () => {
    expect([...buildCharacterTokenizer('😀\uff5eba').encode('ab\uff5e😀')]).toEqual([0, 1, 2, 3]);
  });

  it('gives back any text that it was built from', () => {
    fc.assert(
      fc.property(text, (value) => {
        const tokenizer = buildCharacterTokenizer(value);
        expect(tokenizer.decode(tokenizer.encode(value))).toBe(value);
        expect(tokenizer.size).toBe(new Set(value).size);
      }),
    );
  });

  it('gives the same tokenizer and ids from bytes cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 5 }), async (value, size) => {
        const bytes = new TextEncoder().encode(value);
        const tokenizer = buildCharacterTokenizer(value);
        const streamed = await buildCharacterTokenizer(chunksOf(bytes, size));
        expect(streamed.toJSON()).toEqual(tokenizer.toJSON());
        expect(encodeInChunks(tokenizer, bytes, size)).toEqual([...tokenizer.encode(value)]);
      }),
    );
  });

  it('counts bytes that are not UTF-8 as U+FFFD', async () => {
    const tokenizer = await buildCharacterTokenizer(chunksOf(Uint8Array.of(97, 0xff, 98), 2));
    expect(tokenizer.decode([0, 1, 2])).toBe('ab\ufffd');
  });
});
