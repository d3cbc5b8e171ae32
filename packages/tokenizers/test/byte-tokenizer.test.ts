import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteTokenizer, TokenizerError, UnknownCharacterError } from '../src/index.ts';

const tokenizer = byteTokenizer();
const whole = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
const text = fc.string({ unit: 'grapheme' });

/** The text that a stream gives for `bytes` cut at `cuts`. */
function decodeInPieces(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const decoder = tokenizer.decoder();
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const pieces = edges.slice(1).map((end, index) => decoder.push(bytes.subarray(edges[index]!, end)));
  return [...pieces, decoder.end()];
}

describe('byteTokenizer', () => {
  it('has 256 ids', () => {
    expect(tokenizer.size).toBe(256);
  });

  it('encodes text as the bytes of its UTF-8', () => {
    expect([...tokenizer.encode('aé€😀')]).toEqual([97, 195, 169, 226, 130, 172, 240, 159, 152, 128]);
  });

  it('gives back any text', () => {
    fc.assert(fc.property(text, (value) => tokenizer.decode(tokenizer.encode(value)) === value));
  });

  it('keeps a byte-order mark', () => {
    expect(tokenizer.decode([0xef, 0xbb, 0xbf, 97])).toBe('\ufeffa');
    expect(decodeInPieces(Uint8Array.of(0xef, 0xbb, 0xbf, 97), [1, 2]).join('')).toBe('\ufeffa');
  });

  it('refuses half a surrogate pair, naming it and its place', () => {
    const encode = () => tokenizer.encode('😀b\ud800c');
    expect(encode).toThrow(UnknownCharacterError);
    expect(encode).toThrow('encode: U+D800 at character 2 is not a whole character; mend the text');
  });

  it.each([256, -1, 1.5, Number.NaN, 2 ** 32])('refuses the id %s', (id) => {
    expect(() => tokenizer.decode([7, id])).toThrow(TokenizerError);
    expect(() => tokenizer.decoder().push([7, id])).toThrow(
      `push: ids[1] must be a whole number from 0 to 255, got ${id}; decode with the tokenizer that made the ids`,
    );
  });

  it('streams bytes to ids unchanged', () => {
    const encoder = tokenizer.encoder();
    expect([
      ...encoder.push(Uint8Array.of(1, 200)),
      ...encoder.push(Uint8Array.of(3)),
      ...encoder.end(),
    ]).toEqual([1, 200, 3]);
  });
});

describe('the stream decoder of bytes', () => {
  const sample = new TextEncoder().encode('zß水🧵\u0000é');

  it('never cuts a character, wherever the bytes are cut', () => {
    for (let cut = 0; cut <= sample.length; cut++) {
      const pieces = decodeInPieces(sample, [cut]);
      expect(pieces.join('')).toBe(whole(sample));
      expect(pieces.join('|')).not.toMatch(/\ufffd|\p{Surrogate}/u);
    }
  });

  it('gives each character at its last byte, one byte at a time', () => {
    const decoder = tokenizer.decoder();
    expect([...new TextEncoder().encode('a€😀')].map((byte) => decoder.push([byte]))).toEqual([
      'a',
      '',
      '',
      '€',
      '',
      '',
      '',
      '😀',
    ]);
  });

  it('equals TextDecoder on any bytes with any cuts', () => {
    const hostile = fc.array(
      fc.constantFrom(
        0x61,
        0x80,
        0xbf,
        0xc0,
        0xc3,
        0xe0,
        0xe2,
        0xed,
        0xa0,
        0xef,
        0xbb,
        0xf0,
        0x9f,
        0x98,
        0xf4,
        0xf5,
        0xff,
      ),
    );
    const bytes = fc.oneof(
      fc.uint8Array(),
      hostile.map((list) => Uint8Array.from(list)),
      text.map((value) => new TextEncoder().encode(value)),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 8 }), (all, cuts) => {
        expect(decodeInPieces(all, cuts).join('')).toBe(whole(all));
      }),
      { numRuns: 500 },
    );
  });

  it('shows a character cut at the end as U+FFFD, and then begins anew', () => {
    const decoder = tokenizer.decoder();
    expect(decoder.push([0xe2, 0x82])).toBe('');
    expect(decoder.end()).toBe('\ufffd');
    expect(decoder.push([0xac, 0x61])).toBe('\ufffda');
  });
});
