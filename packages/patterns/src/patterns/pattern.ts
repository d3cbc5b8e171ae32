/** What a pattern is: a predicate with a name, and the structure that lets a plan be built from formulas. */
import { checkSize, PatternError } from '../errors.ts';
import type { KeySet, Term } from '../terms/index.ts';
import { queryRows } from '../terms/index.ts';
import { hashOf, type PatternJSON, type PatternSpec } from './json-form.ts';

/**
 * Which query sees which key. Immutable. Query i stands at position i, key j at j; made by functions such as `strided` and `fixed`.
 */
export interface Pattern {
  /** The call that made it, for people: `strided(stride 4, window 4)`. */
  readonly name: string;
  /** True when no query sees a later key. */
  readonly causal: boolean;
  /** The patterns that this one is merged from, as in the paper's section 4; itself alone otherwise. */
  readonly factors: readonly Pattern[];
  /** One pattern a head, or null when all heads share this one. */
  readonly heads: readonly Pattern[] | null;
  /** Disjoint structured sets whose union is the pattern; null when a plan must look at every cell. */
  readonly terms: readonly Term[] | null;
  /** A stable 64-bit hash of the saved form, 16 hexadecimal digits; null for a `predicate`, which can't be saved. */
  readonly hash: string | null;
  /** Does the query at this position see this key? */
  allows(query: number, key: number): boolean;
  /**
   * The keys that a query sees, ascending: what the next token reads when decoding.
   * `length` is the number of keys there are: needed unless causal.
   */
  keys(query: number, length?: number): Int32Array;
  /**
   * The last query that may see a key: afterwards a cache can drop it. Infinity: it is seen for ever; −1: never.
   * Never earlier than the truth; exact but for `and`, `predicate`, and keys that only a later `length` would show.
   */
  lastQuery(key: number): number;
  /** The versioned form for checkpoints; throws for a `predicate`. */
  toJSON(): PatternJSON;
}

/** Everything that tells one pattern from another. */
interface Definition {
  readonly name: string;
  readonly causal: boolean;
  readonly spec: PatternSpec | null;
  readonly terms: readonly Term[] | null;
  readonly allows: (query: number, key: number) => boolean;
  readonly lastQuery: (key: number) => number;
  readonly factors?: readonly Pattern[];
  readonly heads?: readonly Pattern[];
}

/** Makes the immutable pattern of a definition. */
export function definePattern(definition: Definition): Pattern {
  const { name, causal, spec, terms, heads = null, allows: isShown } = definition;
  // `toJSON`, `terms` and `factors` hand these out: whoever got them must not be able to change the pattern.
  for (const part of [spec, terms, definition.factors]) Object.freeze(part);
  const allows = (query: number, key: number) => {
    if (heads !== null) refusePerHead(name, heads);
    checkSize(name, 'query', query, 0);
    checkSize(name, 'key', key, 0);
    return isShown(query, key);
  };
  const pattern: Pattern = {
    name,
    causal,
    heads,
    terms,
    hash: spec && hashOf(spec),
    allows,
    get factors() {
      return definition.factors ?? [pattern];
    },
    keys: (query, length) => {
      refusePerHead(name, heads);
      const bound = keyBound(name, causal, checkSize(name, 'query', query, 0), length);
      return terms ? keysFromTerms(terms, query, bound) : keysFromCells(isShown, query, bound);
    },
    lastQuery: (key) => definition.lastQuery(checkSize(name, 'key', key, 0)),
    toJSON: () => {
      if (spec === null) {
        throw new PatternError(
          `${name}: holds a predicate, a function, which can't be saved. Build it from named patterns.`,
        );
      }
      return { format: 'sparse-transformers/pattern', version: 1, pattern: spec };
    },
  };
  return Object.freeze(pattern);
}

function refusePerHead(name: string, heads: readonly Pattern[] | null): void {
  if (heads) throw new PatternError(`${name}: differs from head to head. Ask one of its \`heads\`.`);
}

function keyBound(name: string, causal: boolean, query: number, length: number | undefined): number {
  if (length === undefined && !causal) {
    throw new PatternError(
      `${name}: keys() of a pattern that isn't causal needs \`length\`, the number of keys.`,
    );
  }
  const bound = checkSize(name, 'length', length ?? query + 1, 0);
  return causal ? Math.min(bound, query + 1) : bound;
}

function keysFromTerms(terms: readonly Term[], query: number, bound: number): Int32Array {
  const found: number[] = [];
  for (const { keySet, ranges } of terms) {
    for (const { start, end } of ranges(queryRows(Int32Array.of(query), bound))) {
      pushKeys(found, keySet, query, start[0]!, end[0]!);
    }
  }
  return Int32Array.from(found).sort();
}

/** Adds the key set's keys from `start` up to `end`. */
function pushKeys(found: number[], keySet: KeySet, query: number, start: number, end: number): void {
  if (keySet.kind === 'columns') {
    const { block, first, columns } = keySet;
    for (let base = start - (start % block); base < end; base += block) {
      const to = Math.min(base + first + columns, end);
      for (let key = Math.max(base + first, start); key < to; key++) found.push(key);
    }
    return;
  }
  const step = keySet.kind === 'residue' ? keySet.stride : 1;
  const beyondResidue = (start - query) % step;
  const first = start + (beyondResidue > 0 ? step - beyondResidue : -beyondResidue);
  for (let key = first; key < end; key += step) found.push(key);
}

function keysFromCells(allows: Definition['allows'], query: number, bound: number): Int32Array {
  const found: number[] = [];
  for (let key = 0; key < bound; key++) if (allows(query, key)) found.push(key);
  return Int32Array.from(found);
}
