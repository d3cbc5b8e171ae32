import { describe, expect, it } from 'vitest';
import { column, compile, draw, full, PatternError, perHead, toSvg } from '../src/index.ts';
import { makeOf, plainKinds, samplesOf } from './samples.ts';

const nonsense: readonly unknown[] = [
  0,
  -1,
  Number.NaN,
  1.5,
  2 ** 31,
  Infinity,
  '4',
  null,
  undefined,
  [4],
  4n,
];

type Refused = readonly [where: string, argument: string, call: (value: never) => unknown];

/** A call for each field of these types of each kind: all others as in a pattern that makes sense. */
function callsOf(types: readonly string[]): Refused[] {
  return plainKinds.flatMap((kind) => {
    const [sound] = samplesOf(kind, true, { sizes: [8], others: [4], counts: [0] });
    const options = sound!.toJSON().pattern;
    return Object.entries(kind.fields)
      .filter(([, { type }]) => types.includes(type))
      .map(
        ([field]): Refused => [
          kind.kind,
          field,
          (value) => makeOf(kind, { ...options, [field]: value ?? null }),
        ],
      );
  });
}

/** Every size that a user gives: the function, the argument, and a call with that argument. */
const sizes: readonly Refused[] = [
  ...callsOf(['size']),
  ['compile', 'queries', (queries) => compile(full(), { queries })],
  ['compile', 'keys', (keys) => compile(full(), { queries: 4, keys: keys ?? Number.NaN })],
  ['draw', 'queries', (queries) => draw(full(), { queries })],
  ['draw', 'keys', (keys) => draw(full(), { queries: 4, keys: keys ?? Number.NaN })],
  ['toSvg', 'queries', (queries) => toSvg(full(), { queries })],
  ['toSvg', 'cell', (cell) => toSvg(full(), { queries: 4, cell: cell ?? Number.NaN })],
  ['cost', 'batch', (batch) => compile(full(), { queries: 4 }).cost({ batch, heads: 1, headDim: 1 })],
  ['cost', 'heads', (heads) => compile(full(), { queries: 4 }).cost({ batch: 1, heads, headDim: 1 })],
  ['cost', 'headDim', (headDim) => compile(full(), { queries: 4 }).cost({ batch: 1, heads: 1, headDim })],
  [
    'cost',
    'valueDim',
    (valueDim) =>
      compile(full(), { queries: 4 }).cost({
        batch: 1,
        heads: 1,
        headDim: 1,
        valueDim: valueDim ?? Number.NaN,
      }),
  ],
];

/** Those that may be 0. */
const offsets: readonly Refused[] = [
  ...callsOf(['count']),
  ['compile', 'offset', (offset) => compile(full(), { queries: 4, offset: offset ?? Number.NaN })],
  ['causal()', 'query', (query) => full().allows(query, 0)],
  ['causal()', 'key', (key) => full().allows(0, key)],
  ['causal()', 'query', (query) => full().keys(query)],
  ['causal()', 'length', (length) => full().keys(3, length ?? Number.NaN)],
  ['causal()', 'key', (key) => full().lastQuery(key)],
];

function expectRefused(call: () => unknown, where: string, argument: string) {
  expect(call).toThrow(PatternError);
  expect(call).toThrow(`${where}: \`${argument}\` must be a whole number from`);
}

describe('a size that makes no sense is refused by name', () => {
  it.each(sizes)('%s, %s', (where, argument, call) => {
    for (const value of nonsense) expectRefused(() => call(value as never), where, argument);
    expect(() => call(4 as never)).not.toThrow();
  });

  it.each(offsets)('%s, %s', (where, argument, call) => {
    for (const value of nonsense.slice(1)) expectRefused(() => call(value as never), where, argument);
    expect(() => call(0 as never)).not.toThrow();
  });
});

describe('what is refused', () => {
  it.each(callsOf(['flag']))('%s: a `%s` that is no boolean', (where, argument, call) => {
    for (const value of [1, 0, 'false', null])
      expect(() => call(value as never)).toThrow(`${where}: \`${argument}\` must be true or false`);
  });

  it('tile sizes that no kernel has', () => {
    for (const tile of [0, 3, 5, 256, Number.NaN, '8'])
      expect(() => compile(full(), { queries: 4, tile: tile as never })).toThrow(
        "compile: `tile` must be 'auto', 4, 8, 16, 32, 64 or 128",
      );
  });

  it('positions beyond 2³¹ − 1', () => {
    expect(() => compile(full(), { queries: 2, offset: 2 ** 31 - 2 })).toThrow('compile: `offset + queries`');
    expect(() => column({ stride: 2 ** 30 }).keys(2 ** 31 - 1)).toThrow('`length` must be');
  });

  it('drawings that nobody could look at', () => {
    expect(() => draw(full(), { queries: 2 ** 20 })).toThrow('Draw a smaller part.');
    expect(() => toSvg(full(), { queries: 2 ** 12 })).toThrow('Draw a smaller part.');
  });

  it('keys() without a length, when later keys are seen', () => {
    expect(() => full({ causal: false }).keys(3)).toThrow('needs `length`, the number of keys');
  });

  it('the cost of other heads than the pattern names', () => {
    const plan = compile(perHead([full(), full()]), { queries: 4 });
    expect(() => plan.cost({ batch: 1, heads: 3, headDim: 8 })).toThrow(
      "cost: `heads` must be 2, as many as the plan's pattern names, but it is 3.",
    );
  });
});
