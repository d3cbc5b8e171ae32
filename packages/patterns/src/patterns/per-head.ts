import { PatternError } from '../errors.ts';
import { checkParts } from './and.ts';
import { type PatternKind, partsField } from './fields.ts';
import { combinedSpec } from './json-form.ts';
import { definePattern, type Pattern } from './pattern.ts';

/** `perHead` as data. */
export const perHeadKind = {
  kind: 'perHead',
  meaning: 'A pattern for each head.',
  fields: { patterns: partsField },
  make: ({ patterns }: { patterns: readonly Pattern[] }) => perHead(patterns),
} as const satisfies PatternKind;

/** The most heads that a pattern may name: far beyond any model, small enough for hostile JSON. */
export const mostHeads = 65_536;

/**
 * One pattern a head, as in the paper's multi-head integration (section 4.3, equation 8): head h uses `patterns[h]`.
 * The number of patterns is the number of heads. `allows` and `keys` are asked of one of its `heads`.
 *
 * @throws PatternError without a pattern, or when one is itself made by `perHead`.
 */
export function perHead(patterns: readonly Pattern[]): Pattern {
  checkParts('perHead', patterns);
  if (patterns.length > mostHeads) {
    throw new PatternError(`perHead: at most ${mostHeads} heads, but ${patterns.length} patterns came.`);
  }
  return definePattern({
    name: `perHead(${[...new Set(patterns.map(({ name }) => name))].join(', ')})`,
    causal: patterns.every((pattern) => pattern.causal),
    spec: combinedSpec('perHead', patterns),
    heads: Object.freeze([...patterns]),
    terms: null,
    factors: Object.freeze([...patterns]),
    allows: () => false,
    lastQuery: (key) => patterns.reduce((last, pattern) => Math.max(last, pattern.lastQuery(key)), -1),
  });
}
