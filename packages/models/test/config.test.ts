import { causal, fixed, local, perHead, predicate, strided } from '@sparse-transformers/patterns';
import { describe, expect, it } from 'vitest';
import { checkConfig, configFromJSON, configToJSON } from '../src/index.ts';
import { smallConfig } from './random-model.ts';

const config = smallConfig([strided({ stride: 9 }), perHead([0, 1, 2, 3].map((slot) => slotted(slot)))]);

function slotted(slot: number) {
  return fixed({ block: 16, summary: 4, slot });
}

const image = { kind: 'image', rows: 10, columns: 10, channels: 3 } as const;

/** What a file would hold, as plain data that a test may spoil. */
const saved = () => JSON.parse(JSON.stringify(configToJSON(config))) as Record<string, unknown>;

describe('a saved config', () => {
  it('is the same config when read', () => {
    const read = configFromJSON(saved());
    expect(configToJSON(read)).toEqual(configToJSON(config));
    expect(read.patterns.map(({ hash }) => hash)).toEqual(config.patterns.map(({ hash }) => hash));
  });

  it('keeps the positions of an image, a learned start and narrow queries', () => {
    const images = { ...config, positions: image, start: 'learned', queryKeyWidth: 8 } as const;
    const json: unknown = JSON.parse(JSON.stringify(configToJSON(images)));
    expect(configFromJSON(json)).toMatchObject({ positions: image, start: 'learned', queryKeyWidth: 8 });
  });

  it('names its format and version', () => {
    expect(saved()).toMatchObject({ format: 'sparse-transformers/model', version: 2 });
  });

  it('can hold no predicate, and says so', () => {
    expect(() => configToJSON(smallConfig([predicate(() => true, 'all')]))).toThrow(/all.*can't be saved/);
  });
});

describe('reading a config', () => {
  it.each<[string, unknown, RegExp]>([
    ['null', null, /must be a JSON object/],
    ['a number', 7, /must be a JSON object/],
    ['a list', [], /format/],
    ['another format', { ...saved(), format: 'x' }, /format "sparse-transformers\/model", version 2/],
    ['another version', { ...saved(), version: 1 }, /version 2.*Another release/],
    ['an unknown field', { ...saved(), heds: 4 }, /no field "heds"/],
    [
      '__proto__ as a field',
      JSON.parse('{"format":"sparse-transformers/model","version":2,"__proto__":{}}'),
      /"__proto__"/,
    ],
    ['a missing size', { ...saved(), width: undefined }, /width must be .* but it is undefined/],
    [
      'a size as text',
      { ...saved(), width: '12' },
      /width must be a whole number from 1 to \d+, but it is "12"/,
    ],
    ['a size of 0', { ...saved(), layers: 0 }, /layers .* is 0/],
    ['half a head', { ...saved(), heads: 1.5 }, /heads .* is 1.5/],
    ['more layers than memory', { ...saved(), layers: 2 ** 40 }, /layers must be .* to 4096/],
    ['a size as an object', { ...saved(), length: {} }, /length must be/],
    ['a width that heads do not divide', { ...saved(), heads: 5 }, /width must be a multiple of heads \(5\)/],
    [
      'narrow queries that heads do not divide',
      { ...saved(), queryKeyWidth: 6 },
      /queryKeyWidth must be a multiple of heads \(4\), but it is 6/,
    ],
    [
      'queries wider than the stream',
      { ...saved(), queryKeyWidth: 16 },
      /queryKeyWidth must be at most width/,
    ],
    ['another start', { ...saved(), start: 'zero' }, /start must be "none" or "learned", but it is "zero"/],
    ['no positions', { ...saved(), positions: undefined }, /positions must be \{ kind: .* kind is undefined/],
    ['positions of another kind', { ...saved(), positions: { kind: 'video' } }, /its kind is "video"/],
    [
      'a stride of 0',
      { ...saved(), positions: { kind: 'attention', stride: 0 } },
      /positions.stride .* is 0/,
    ],
    [
      'fields of another kind of positions',
      { ...saved(), positions: { kind: 'attention', stride: 4, rows: 1 } },
      /positions has no field "rows"/,
    ],
    [
      'an image without channels',
      { ...saved(), positions: { ...image, channels: null } },
      /positions.channels/,
    ],
    [
      'an image of fewer places than tokens',
      { ...saved(), positions: { ...image, rows: 9 } },
      /positions must have a place for each of 300 tokens, but an image of 9×10×3 has 270/,
    ],
    ['a certain dropout', { ...saved(), dropout: 1 }, /dropout .* is 1/],
    ['dropout as text', { ...saved(), dropout: '0' }, /dropout/],
    [
      'another weight scale',
      { ...saved(), weightScale: 'big' },
      /weightScale must be "deviation", "variance" or "released".*big/,
    ],
    ['patterns that are no list', { ...saved(), patterns: {} }, /patterns must be an array/],
    ['no patterns', { ...saved(), patterns: [] }, /patterns must name 1 to 2 patterns/],
    ['a pattern that is none', { ...saved(), patterns: [{ kind: 'causal' }] }, /pattern/i],
  ])('refuses %s', (_, json, message) => {
    expect(() => configFromJSON(json)).toThrow(message);
  });

  it('says what came in words, whatever it is', () => {
    const hostile = { ...saved(), width: { toString: 1 } };
    expect(() => configFromJSON(hostile)).toThrow(/width must be .* but it is an object/);
  });
});

describe('a config', () => {
  it('refuses a pattern that looks ahead', () => {
    expect(() => checkConfig(smallConfig([local({ window: 3, causal: false })]))).toThrow(
      /causal in a decoder, but local/,
    );
  });

  it('refuses more patterns than layers', () => {
    expect(() => checkConfig(smallConfig([causal(), causal(), local({ window: 2 })]))).toThrow(/there are 3/);
  });

  it('refuses a pattern for another number of heads', () => {
    expect(() => checkConfig(smallConfig([perHead([causal(), causal()])]))).toThrow(
      /names 2 heads, but heads is 4/,
    );
  });
});
