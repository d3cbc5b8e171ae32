/** The plan's pairs against the predicate's, for every length from 1 to 130 and many parameters. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  and,
  blockLocal,
  type CompileOptions,
  column,
  compile,
  fixed,
  full,
  local,
  or,
  type Pattern,
  perHead,
  predicate,
  strided,
  summary,
} from '../src/index.ts';
import { askedOnce, faultOf, type Predicate } from './plan-cells.ts';
import { plainKinds, samplesOf } from './samples.ts';

const grid = { sizes: [1, 2, 7, 16, 33, 64, 200], others: [1, 5, 16], counts: [0, 2] };

/** The patterns of one direction, by kind. */
function patternsOf(causal: boolean): Record<string, Pattern[]> {
  const plain = plainKinds.map((kind) => [kind.kind, samplesOf(kind, causal, grid)] as const);
  return {
    ...Object.fromEntries(plain),
    predicate: [predicate((query, key) => (query * key) % 3 === 1, 'products', { causal })],
    and: [
      and(local({ window: 9, causal }), column({ stride: 4, causal })),
      and(column({ stride: 4, causal }), column({ stride: 6, causal })),
      and(fixed({ block: 8, summary: 2, causal }), local({ window: 20, causal })),
      and(column({ stride: 3, causal }), summary({ block: 8, summary: 2, causal })),
      and(local({ window: 5 }), full({ causal })),
    ],
    or: [
      or(column({ stride: 4, causal }), column({ stride: 8, causal }), local({ window: 3, causal })),
      or(column({ stride: 4, causal }), column({ stride: 6, causal })),
      or(fixed({ block: 8, summary: 2, causal }), fixed({ block: 8, summary: 2, slot: 1, causal })),
      or(local({ window: 5, causal }), blockLocal({ block: 8, causal })),
      or(local({ window: 70, causal }), local({ window: 3, causal: false })),
      or(local({ window: 3, causal }), full({ causal })),
    ],
    perHead: [
      perHead([
        local({ window: 3, causal }),
        fixed({ block: 8, summary: 2, causal }),
        local({ window: 3, causal }),
      ]),
    ],
  };
}

/** Sizes around a length: square, more keys, fewer keys, and a later slice. */
function optionsAround(length: number): CompileOptions[] {
  return [
    { queries: length },
    { queries: length, keys: longest + 1 - length },
    { queries: length, keys: length + 37, offset: 37 },
    { queries: length, keys: 40, offset: 25 },
  ];
}

function expectExact(pattern: Pattern, options: CompileOptions, predicate?: Predicate) {
  const fault = faultOf(compile(pattern, options), predicate);
  if (fault !== null) expect.fail(fault);
}

const tiles = ['auto', 4, 8, 32] as const;
const longest = 130;
const predicateOnce = askedOnce(longest + 37);

describe.each([true, false])('causal: %s', (causal) => {
  it.each(Object.entries(patternsOf(causal)))(
    '%s: the plan holds exactly the pairs of the predicate',
    (_, patterns) => {
      for (let length = 1; length <= longest; length++) {
        const [square, ...others] = optionsAround(length);
        for (const [index, pattern] of patterns.entries()) {
          // Of many parameters each takes every other length, and each length every other parameter.
          if (patterns.length > grid.sizes.length && (length + index) % 2 === 1) continue;
          const shapes = (length + index) % 3 === 0 ? [square!, others[length % 3]!] : [square!];
          const tile = tiles[(length + (length >> 2) + index) % 4]!;
          for (const shape of shapes) expectExact(pattern, { ...shape, tile }, predicateOnce);
        }
      }
    },
  );

  it.each(Object.entries(patternsOf(causal)))('%s: so at every tile size and shape', (_, patterns) => {
    for (const length of [1, 31, 32, 33, 63, 65, 128]) {
      for (const options of optionsAround(length)) {
        for (const tile of [4, 16, 64, 128] as const) {
          const pattern = patterns[(length + tile) % patterns.length]!;
          expectExact(pattern, { ...options, tile }, predicateOnce);
        }
      }
    }
  });
});

/** Any pattern that `and` and `or` can build from a few plain ones. */
const { composition } = fc.letrec<{ plain: Pattern; composition: Pattern }>((tie) => ({
  plain: fc
    .record({
      kind: fc.constantFrom('full', 'local', 'column', 'strided', 'blockLocal', 'summary', 'fixed'),
      size: fc.integer({ min: 1, max: 40 }),
      window: fc.integer({ min: 1, max: 60 }),
      columns: fc.integer({ min: 1, max: 4 }),
      slot: fc.integer({ min: 0, max: 2 }),
      causal: fc.boolean(),
    })
    .map(({ kind, size, window, columns, slot, causal }) => {
      const block = Math.max(size, (slot + 1) * columns);
      if (kind === 'full') return full({ causal });
      if (kind === 'local') return local({ window, causal });
      if (kind === 'column') return column({ stride: size, causal });
      if (kind === 'strided') return strided({ stride: size, window, causal });
      if (kind === 'blockLocal') return blockLocal({ block, causal });
      return (kind === 'summary' ? summary : fixed)({ block, summary: columns, slot, causal });
    }),
  composition: fc.oneof(
    { depthSize: 'small' },
    tie('plain'),
    fc.array(tie('composition'), { minLength: 1, maxLength: 3 }).map((parts) => and(...parts)),
    fc.array(tie('composition'), { minLength: 1, maxLength: 3 }).map((parts) => or(...parts)),
  ),
}));

describe('random compositions of and, or', () => {
  it('hold exactly the pairs of the predicate', () => {
    const size = fc.record({
      queries: fc.integer({ min: 1, max: 130 }),
      keys: fc.integer({ min: 1, max: 130 }),
      offset: fc.integer({ min: 0, max: 90 }),
      tile: fc.constantFrom(...tiles),
    });
    fc.assert(
      fc.property(composition, size, (pattern, options) => {
        expectExact(pattern, options);
      }),
      { numRuns: 700, seed: 1 },
    );
  });

  it('know the keys of a query, and the last query of a key', () => {
    fc.assert(
      fc.property(composition, fc.integer({ min: 0, max: 150 }), (pattern, query) => {
        const length = 120;
        const all = Array.from({ length }, (_, key) => key);
        expect([...pattern.keys(query, length)]).toEqual(all.filter((key) => pattern.allows(query, key)));
        for (const key of all) {
          if (pattern.allows(query, key)) expect(pattern.lastQuery(key)).toBeGreaterThanOrEqual(query);
        }
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});
