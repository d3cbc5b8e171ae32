import { type Term, uniteTerms } from '../terms/index.ts';
import { checkParts } from './and.ts';
import { type PatternKind, partsField } from './fields.ts';
import { combinedSpec, type PatternSpec } from './json-form.ts';
import { definePattern, type Pattern } from './pattern.ts';

/** `or` as data. */
export const orKind = {
  kind: 'or',
  meaning: 'What at least one of the patterns shows.',
  fields: { patterns: partsField },
  make: ({ patterns }: { patterns: readonly Pattern[] }) => or(...patterns),
} as const satisfies PatternKind;

/**
 * Pairs that at least one of the patterns shows: the paper's merged heads (equation 7). `factors`: the patterns.
 * Stays structured where the union has a formula of a thousand ranges at most; else its plan is built by looking at cells.
 *
 * ```text
 * or(local(window 2), column(stride 3))
 * #.....
 * ##....
 * .##...
 * #.##..
 * .#.##.
 * ..#.##
 * ```
 *
 * @throws PatternError without a pattern, or when one is made by `perHead`.
 */
export function or(...patterns: readonly Pattern[]): Pattern {
  checkParts('or', patterns);
  return mergeFactors({
    name: `or(${patterns.map(({ name }) => name).join(', ')})`,
    spec: combinedSpec('or', patterns),
    factors: patterns,
  });
}

/** The union of factors under a name of its own. */
export function mergeFactors({
  name,
  spec,
  factors,
}: {
  readonly name: string;
  readonly spec: PatternSpec | null;
  readonly factors: readonly Pattern[];
}): Pattern {
  return definePattern({
    name,
    spec,
    factors,
    causal: factors.every((factor) => factor.causal),
    terms: unitedTerms(factors),
    allows: (query, key) => factors.some((factor) => factor.allows(query, key)),
    lastQuery: (key) => Math.max(...factors.map((factor) => factor.lastQuery(key))),
  });
}

function unitedTerms([first, ...others]: readonly Pattern[]): readonly Term[] | null {
  let terms = first?.terms ?? null;
  for (const { terms: added } of others) terms = terms && added && uniteTerms(terms, added);
  return terms;
}
