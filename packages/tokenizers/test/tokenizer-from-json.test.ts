import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byteTokenizer,
  characterTokenizer,
  muLawTokenizer,
  pixelTokenizer,
  TokenizerError,
  tokenizerFromJSON,
} from '../src/index.ts';

const header = { format: 'sparse-transformers/tokenizer', version: 1 };
const characters = { ...header, kind: 'characters', alphabet: 'ab' };

const pixels = { ...header, kind: 'pixels', rows: 4, columns: 4, channels: 3 };

describe('tokenizerFromJSON', () => {
  it('reads a saved byte tokenizer', () => {
    expect(tokenizerFromJSON(JSON.parse(JSON.stringify(byteTokenizer()))).kind).toBe('bytes');
  });

  it('reads a saved character tokenizer with the same ids', () => {
    const saved = JSON.stringify(characterTokenizer('z"\u0000😀a\n_'));
    const tokenizer = tokenizerFromJSON(JSON.parse(saved));
    if (tokenizer.dataKind !== 'text') expect.fail(`got a tokenizer of ${tokenizer.dataKind}`);
    expect([...tokenizer.encode('a😀"z')]).toEqual([4, 3, 1, 0]);
    expect(JSON.stringify(tokenizerFromJSON(JSON.parse(saved)))).toBe(saved);
  });

  it.each([pixelTokenizer({ rows: 32, columns: 16, channels: 3 }), muLawTokenizer({ sampleRate: 12_000 })])(
    'reads a saved tokenizer of $kind',
    (tokenizer) => {
      const saved = JSON.stringify(tokenizer);
      const again = tokenizerFromJSON(JSON.parse(saved));
      expect(again.kind).toBe(tokenizer.kind);
      expect(again.dataKind).toBe(tokenizer.dataKind);
      expect(JSON.stringify(again)).toBe(saved);
    },
  );

  it.each([
    ['nothing', undefined, 'value must be an object, got undefined'],
    ['null', null, 'value must be an object, got null'],
    ['an array', [], 'value must be an object, got an array'],
    ['a string', JSON.stringify(characters), 'value must be an object, got "{'],
    [
      'no format',
      { version: 1, kind: 'bytes' },
      'field "format" must be "sparse-transformers/tokenizer", got undefined',
    ],
    ['a later version', { ...header, version: 2, kind: 'bytes' }, 'field "version" must be 1, got 2'],
    [
      'another kind',
      { ...header, kind: 'words' },
      'field "kind" must be "bytes", "characters", "pixels" or "mu-law", got "words"',
    ],
    [
      'no alphabet',
      { ...header, kind: 'characters' },
      'field "alphabet" must be a string of at most 1114112 characters',
    ],
    ['a list for an alphabet', { ...characters, alphabet: ['a'] }, 'field "alphabet" must be a string'],
    [
      'a huge alphabet',
      { ...characters, alphabet: 'a'.repeat(3_000_000) },
      'field "alphabet" must be a string',
    ],
    ['an alphabet with a repeat', { ...characters, alphabet: 'aa' }, 'each character once'],
    ['an empty alphabet', { ...characters, alphabet: '' }, 'at least one character'],
    ['a field unknown here', { ...characters, merges: 3 }, 'field "merges" must be absent, got 3'],
    ['an image without rows', { ...pixels, rows: undefined }, 'field "rows" must be a number, got undefined'],
    [
      'an image with text for columns',
      { ...pixels, columns: '4' },
      'field "columns" must be a number, got "4"',
    ],
    [
      'an image of no channels',
      { ...pixels, channels: 0 },
      'channels must be a whole number from 1 to 4, got 0',
    ],
    ['an image of huge size', { ...pixels, rows: 2 ** 20, columns: 2 ** 20 }, 'must be at most 268435456'],
    ['an image with an alphabet', { ...pixels, alphabet: 'ab' }, 'field "alphabet" must be absent, got "ab"'],
    ['sound of no rate', { ...header, kind: 'mu-law' }, 'field "sampleRate" must be a number, got undefined'],
    [
      'sound of a hostile rate',
      { ...header, kind: 'mu-law', sampleRate: { valueOf: 1 } },
      'field "sampleRate" must be a number, got an object',
    ],
    ['a kind of every object', { ...header, kind: 'toString' }, 'field "kind" must be'],
    ['an own field __proto__', JSON.parse('{"__proto__":{"kind":"bytes"}}'), 'field "format" must be'],
    ['fields inherited only', Object.create(characters), 'field "format" must be'],
  ])('refuses %s', (_name, value, message) => {
    expect(() => tokenizerFromJSON(value)).toThrow(TokenizerError);
    expect(() => tokenizerFromJSON(value)).toThrow(message);
  });

  it('takes any JSON by refusing it with its own error, or by reading it', () => {
    const nearly = fc.record(
      {
        format: fc.constant(header.format),
        version: fc.constant(1),
        kind: fc.constantFrom('bytes', 'characters', 'pixels', 'mu-law'),
        alphabet: fc.anything(),
        rows: fc.anything(),
        columns: fc.anything(),
        channels: fc.anything(),
        sampleRate: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), nearly), (value) => {
        try {
          tokenizerFromJSON(value);
        } catch (error) {
          expect(error).toBeInstanceOf(TokenizerError);
        }
      }),
    );
  });
});
