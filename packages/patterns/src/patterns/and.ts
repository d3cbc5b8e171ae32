import { PatternError } from '../errors.ts';
import { intersectTerms, type Term } from '../terms/index.ts';
import { type PatternKind, partsField } from './fields.ts';
import { combinedSpec } from './json-form.ts';
import { definePattern, type Pattern } from './pattern.ts';

/** `and` as data. */
export const andKind = {
  kind: 'and',
  meaning: 'What all of the patterns show.',
  fields: { patterns: partsField },
  make: ({ patterns }: { patterns: readonly Pattern[] }) => and(...patterns),
} as const satisfies PatternKind;

/**
 * Pairs that all of the patterns show; causal if one of them is.
 * Stays structured where the intersection has a formula of a thousand ranges at most; else its plan is built by looking at cells.
 *
 * ```text
 * and(local(window 4), column(stride 2))
 * #.....
 * .#....
 * #.#...
 * .#.#..
 * ..#.#.
 * ...#.#
 * ```
 *
 * @throws PatternError without a pattern, or when one is made by `perHead`.
 */
export function and(...patterns: readonly Pattern[]): Pattern {
  checkParts('and', patterns);
  return definePattern({
    name: `and(${patterns.map(({ name }) => name).join(', ')})`,
    causal: patterns.some((pattern) => pattern.causal),
    spec: combinedSpec('and', patterns),
    terms: intersectedTerms(patterns),
    allows: (query, key) => patterns.every((pattern) => pattern.allows(query, key)),
    lastQuery: (key) => Math.min(...patterns.map((pattern) => pattern.lastQuery(key))),
  });
}

/** Refuses an empty list and per-head parts. */
export function checkParts(where: string, patterns: readonly Pattern[]): void {
  if (patterns.length === 0)
    throw new PatternError(`${where}: at least one pattern is needed, but none came.`);
  const nested = patterns.find(({ heads }) => heads !== null);
  if (nested) {
    throw new PatternError(
      `${where}: ${nested.name} differs from head to head. Put perHead outermost: perHead([${where}(…), …]).`,
    );
  }
}

function intersectedTerms([first, ...others]: readonly Pattern[]): readonly Term[] | null {
  let terms = first?.terms ?? null;
  for (const { terms: other } of others) terms = terms && other && intersectTerms(terms, other);
  return terms;
}
