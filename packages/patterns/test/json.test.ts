import { describe, expect, it } from 'vitest';
import {
  and,
  blockLocal,
  causal,
  column,
  fixed,
  fromForm,
  fromJSON,
  full,
  local,
  or,
  type Pattern,
  PatternError,
  type PatternForm,
  patternKinds,
  perHead,
  strided,
  summary,
} from '../src/index.ts';
import { plainKinds, samplesOf } from './samples.ts';

/** Hashes are part of the saved form: a change here breaks every checkpoint. */
const saved: readonly (readonly [string, Pattern])[] = [
  ['d684b30d000e084d', causal()],
  ['29a7b79fe6f00138', full({ causal: false })],
  ['b56d071de9a25a7c', local({ window: 128 })],
  ['4436480f02e12ad2', column({ stride: 128 })],
  ['df957311076911db', strided({ stride: 128, window: 129 })],
  ['d99fab72578e7418', blockLocal({ block: 128 })],
  ['c3dac327f26587e1', summary({ block: 128, summary: 8, slot: 1 })],
  ['7ffc29a40dc6840f', fixed({ block: 128, summary: 32 })],
  ['c7f231c90be07776', and(local({ window: 9 }), column({ stride: 2 }))],
  ['f48e77228b74270d', or(local({ window: 9 }), column({ stride: 2, causal: false }))],
  ['58eedc67e26ca4f6', perHead([local({ window: 9 }), fixed({ block: 8, summary: 2 })])],
];

describe.each(saved)('%s', (hash, pattern) => {
  it(`is the hash of ${pattern.name}`, () => {
    expect(pattern.hash).toBe(hash);
  });

  it('comes back from text as it was', () => {
    const back = fromJSON(JSON.parse(JSON.stringify(pattern)));
    expect(back.toJSON()).toEqual(pattern.toJSON());
    expect([back.hash, back.name, back.causal]).toEqual([pattern.hash, pattern.name, pattern.causal]);
  });
});

it.each(patternKinds)('holds the form of $kind, for ever', ({ kind }) => {
  expect(saved.map(([, pattern]) => pattern.toJSON().pattern.kind)).toContain(kind);
});

it.each(plainKinds)('a form of $kind may leave out what has a default', (kind) => {
  const [pattern] = samplesOf(kind, true, { sizes: [8], others: [4], counts: [0] });
  const { causal: _, ...form } = pattern!.toJSON().pattern;
  expect(fromForm(form as PatternForm).hash).toBe(pattern!.hash);
  expect(() => fromJSON({ ...pattern!.toJSON(), pattern: form })).toThrow('field "causal" is missing');
});

it('has one hash for each pattern', () => {
  expect(new Set(saved.map(([, { hash }]) => hash)).size).toBe(saved.length);
});

it('does not depend on the order of fields', () => {
  const json =
    '{"pattern":{"causal":true,"window":9,"kind":"local"},"version":1,"format":"sparse-transformers/pattern"}';
  expect(fromJSON(JSON.parse(json)).hash).toBe(local({ window: 9 }).hash);
});

it('is written with its format and version', () => {
  expect(local({ window: 9 }).toJSON()).toEqual({
    format: 'sparse-transformers/pattern',
    version: 1,
    pattern: { kind: 'local', window: 9, causal: true },
  });
});

it('hands out nothing that changes a pattern', () => {
  const pattern = or(local({ window: 9 }), column({ stride: 4 }));
  const spec = pattern.toJSON().pattern;
  const parts = [spec, spec['patterns'], pattern.factors, pattern.terms, pattern];
  expect(parts.filter((part) => !Object.isFrozen(part))).toEqual([]);
});

describe('hostile JSON', () => {
  const wrap = (pattern: string) =>
    `{"format":"sparse-transformers/pattern","version":1,"pattern":${pattern}}`;
  const nested = `${'{"kind":"or","patterns":['.repeat(40)}{"kind":"full","causal":true}${']}'.repeat(40)}`;

  it.each([
    ['null', 'an object with format, version, pattern is expected, but null came'],
    ['[]', 'but an array came'],
    [
      '{"format":"x","version":1,"pattern":{}}',
      '`format` must be "sparse-transformers/pattern", but it is "x"',
    ],
    ['{"format":"sparse-transformers/pattern","version":2,"pattern":{}}', "version 2 isn't known here"],
    ['{"version":1,"pattern":{}}', 'field "format" is missing'],
    [wrap('{"kind":"no such kind"}'), '`kind` must be one of full, local'],
    [wrap('{"kind":"__proto__"}'), '`kind` must be one of full, local'],
    [wrap('{"kind":"constructor"}'), '`kind` must be one of full, local'],
    [wrap('{"kind":["local"],"window":4,"causal":true}'), '`kind` must be one of full, local'],
    [wrap('{"kind":"local","causal":true}'), 'field "window" is missing'],
    [wrap('{"kind":"local","window":4,"causal":true,"__proto__":{}}'), 'field "__proto__" is unknown'],
    [wrap('{"kind":"local","window":4,"causal":true,"extra":1}'), 'field "extra" is unknown'],
    [wrap('{"kind":"local","window":"4","causal":true}'), 'local: `window` must be a whole number'],
    [wrap('{"kind":"local","window":1e99,"causal":true}'), 'local: `window` must be a whole number'],
    [wrap('{"kind":"local","window":4,"causal":1}'), 'local: `causal` must be true or false'],
    [
      wrap('{"kind":"strided","stride":4,"window":null,"causal":true}'),
      'strided: `window` must be a whole number',
    ],
    [wrap('{"kind":"fixed","block":4,"summary":3,"slot":1,"causal":true}'), "doesn't fit a block of 4"],
    [wrap('{"kind":"or","patterns":[]}'), 'or: at least one pattern is needed'],
    [wrap('{"kind":"or","patterns":{"length":1}}'), '`patterns` must be an array'],
    [
      wrap('{"kind":"perHead","patterns":[{"kind":"perHead","patterns":[]}]}'),
      'perHead: at least one pattern',
    ],
    [wrap(nested), 'nested more than 32 deep'],
  ])('%s', (json, message) => {
    expect(() => fromJSON(JSON.parse(json))).toThrow(PatternError);
    expect(() => fromJSON(JSON.parse(json))).toThrow(message);
  });

  it('is refused when it has more parts than any model has heads', () => {
    const patterns = new Array(65_537).fill({ kind: 'full', causal: true });
    const json = {
      format: 'sparse-transformers/pattern',
      version: 1,
      pattern: { kind: 'perHead', patterns },
    };
    expect(() => fromJSON(json)).toThrow('`patterns` must be an array of at most 65536');
  });

  it('leaves the prototypes alone', () => {
    expect(() =>
      fromJSON(JSON.parse(wrap('{"kind":"full","causal":true,"__proto__":{"polluted":1}}'))),
    ).toThrow();
    expect('polluted' in {}).toBe(false);
  });
});
