import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byteTokenizer,
  characterTokenizer,
  isTextTokenizer,
  TokenizerError,
  tokenizerFromJSON,
} from '../src/index.ts';

const header = { format: 'sparse-transformers/tokenizer', version: 1 };
const characters = { ...header, kind: 'characters', alphabet: 'ab' };

describe('tokenizerFromJSON', () => {
  it('reads a saved byte tokenizer', () => {
    expect(tokenizerFromJSON(JSON.parse(JSON.stringify(byteTokenizer()))).kind).toBe('bytes');
  });

  it('reads a saved character tokenizer with the same ids', () => {
    const saved = JSON.stringify(characterTokenizer('z"\u0000😀a\n_'));
    const tokenizer = tokenizerFromJSON(JSON.parse(saved));
    if (!isTextTokenizer(tokenizer)) expect.fail(`got a tokenizer of ${tokenizer.kind}`);
    expect([...tokenizer.encode('a😀"z')]).toEqual([4, 3, 1, 0]);
    expect(JSON.stringify(tokenizerFromJSON(JSON.parse(saved)))).toBe(saved);
  });

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
        kind: fc.constantFrom('bytes', 'characters'),
        alphabet: fc.anything(),
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
