/**
 * A term: a structured set of (query, key) pairs that becomes dense tiles once rows are put into the right order.
 *
 * Terms of one pattern are disjoint, so that what each contributes adds up exactly.
 */
import { difference, intersection, type RangeFormula, union } from './range.ts';

/** Which keys a term draws from, and thereby the order in which rows stand. */
export type KeySet = AllKeys | ResidueKeys | ColumnKeys;

/** Every key, in order. */
export interface AllKeys {
  /** Tells the three apart. */
  readonly kind: 'all';
}

/** Keys at the query's own residue: (position − key) mod `stride` = 0. Rows are sorted by residue. */
export interface ResidueKeys {
  /** Tells the three apart. */
  readonly kind: 'residue';
  /** From one key to the next. */
  readonly stride: number;
}

/** Keys in columns `first` … `first + columns − 1` of each block, written one behind the other. */
export interface ColumnKeys {
  /** Tells the three apart. */
  readonly kind: 'columns';
  /** Keys in a block. */
  readonly block: number;
  /** The first column, counted from the block's start. */
  readonly first: number;
  /** How many columns. */
  readonly columns: number;
}

/** The pairs of a key set whose key lies in one of the query's ranges. */
export interface Term {
  /** What the term is, for `explain()`. */
  readonly name: string;
  /** The keys it draws from. */
  readonly keySet: KeySet;
  /** For each query, the ranges of key positions it sees. */
  readonly ranges: RangeFormula;
}

/**
 * Formulas of combinations grow with every part, and a saved pattern may name any number of parts. A pattern whose terms take more work
 * than this (`strided` takes 3, `fixed` 7) is compiled by looking at cells.
 */
const mostWork = 1024;

/** The pairs that are in both lists of disjoint terms, as disjoint terms; null when no formula is known, or only a large one. */
export function intersectTerms(a: readonly Term[], b: readonly Term[]): Term[] | null {
  const out: Term[] = [];
  let work = 0;
  for (const left of a) {
    for (const right of b) {
      if (areDisjoint(left.keySet, right.keySet)) continue;
      const keySet = intersectKeySets(left.keySet, right.keySet);
      const ranges = intersection(left.ranges, right.ranges);
      work += ranges.work;
      if (keySet === null || work > mostWork) return null;
      out.push({ name: `${left.name} ∩ ${right.name}`, keySet, ranges });
    }
  }
  return out;
}

/** The pairs that are in either list, as disjoint terms; null when no formula is known, or only a large one. */
export function uniteTerms(a: readonly Term[], b: readonly Term[]): Term[] | null {
  let out: Term[] | null = [...a];
  for (const term of b) {
    out = out && addTerm(out, term);
    if (out && workOf(out) > mostWork) return null;
  }
  return out;
}

function workOf(terms: readonly Term[]): number {
  return terms.reduce((sum, { ranges }) => sum + ranges.work, 0);
}

function addTerm(terms: readonly Term[], added: Term): Term[] | null {
  let rest = added;
  let twin = -1;
  const out: Term[] = [];
  for (const term of terms) {
    if (twin < 0 && equal(term.keySet, rest.keySet)) {
      twin = out.push(term) - 1;
    } else if (areDisjoint(term.keySet, rest.keySet)) {
      out.push(term);
    } else if (contains(term.keySet, rest.keySet)) {
      rest = withoutRanges(rest, term);
      out.push(term);
    } else if (contains(rest.keySet, term.keySet)) {
      out.push(withoutRanges(term, rest));
    } else {
      return null;
    }
  }
  const other = out[twin];
  if (other === undefined) return [...out, rest];
  out[twin] = unite(other, rest);
  return out;
}

function unite(a: Term, b: Term): Term {
  return { name: `${a.name} ∪ ${b.name}`, keySet: a.keySet, ranges: union(a.ranges, b.ranges) };
}

function withoutRanges(term: Term, removed: Term): Term {
  return { ...term, ranges: difference(term.ranges, removed.ranges) };
}

function intersectKeySets(a: KeySet, b: KeySet): KeySet | null {
  if (contains(a, b)) return b;
  if (contains(b, a)) return a;
  if (a.kind !== 'residue' || b.kind !== 'residue') return null;
  const stride = leastCommonMultiple(a.stride, b.stride);
  return stride < 2 ** 31 ? { kind: 'residue', stride } : null;
}

function contains(outer: KeySet, inner: KeySet): boolean {
  if (outer.kind === 'all') return true;
  if (outer.kind === 'residue' && inner.kind === 'residue') return inner.stride % outer.stride === 0;
  return equal(outer, inner);
}

function areDisjoint(a: KeySet, b: KeySet): boolean {
  if (a.kind !== 'columns' || b.kind !== 'columns' || a.block !== b.block) return false;
  return a.first + a.columns <= b.first || b.first + b.columns <= a.first;
}

function equal(a: KeySet, b: KeySet): boolean {
  if (a.kind === 'residue') return b.kind === 'residue' && a.stride === b.stride;
  if (a.kind === 'columns') {
    return b.kind === 'columns' && a.block === b.block && a.first === b.first && a.columns === b.columns;
  }
  return b.kind === 'all';
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
