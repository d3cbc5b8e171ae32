/**
 * Ranges of key positions, a few for each query, for all queries at once.
 *
 * Every structured pattern of the paper shows a query a handful of *contiguous* ranges of keys, once the keys are put into the right
 * order. Ranges are closed under intersection and subtraction, so patterns can be combined by formula, and a million queries cost a few
 * passes over typed arrays.
 */
import { largestSize } from '../errors.ts';

/** One range a query: query r sees the key positions `start[r]` … `end[r] − 1`. Always 0 ≤ start ≤ end ≤ keys. */
export interface Ranges {
  /** The first key position of each query. */
  readonly start: Int32Array;
  /** The key position behind the last of each query. */
  readonly end: Int32Array;
}

/** The queries to give ranges for. */
export interface QueryRows {
  /** The position of each query. */
  readonly positions: Int32Array;
  /** The number of keys. */
  readonly keys: number;
  /** An array to write in, with one number a query, whatever they are. It may be used again for other queries. */
  array(): Int32Array;
}

/** Gives the ranges of some queries, in arrays that the caller may overwrite. The ranges of one query never overlap. */
export interface RangeFormula {
  (queries: QueryRows): Ranges[];
  /** How many simple formulas it is worked out from, and the most ranges that it can give. Combining multiplies it. */
  readonly work: number;
}

/** Queries at these positions, each array of whose is a new one. */
export function queryRows(positions: Int32Array, keys: number): QueryRows {
  return { positions, keys, array: () => new Int32Array(positions.length) };
}

/** Keys j with `low` ≤ position − j ≤ `high`; both may be infinite. */
export function band(low: number, high: number): RangeFormula {
  // Whole numbers throughout: infinity would turn the loop's arithmetic into floating point.
  const back = Math.min(high, largestSize);
  const ahead = Math.min(-low, largestSize);
  return formula(1, (queries) => {
    const { positions, keys } = queries;
    const { start, end } = newRanges(queries);
    for (let row = 0; row < positions.length; row++) {
      const position = positions[row]!;
      const first = clamp(position - back, 0, keys);
      start[row] = first;
      end[row] = clamp(position + ahead + 1, first, keys);
    }
    return [{ start, end }];
  });
}

/** The keys of the query's own block of `block` keys. */
export function ownBlock(block: number): RangeFormula {
  return formula(1, (queries) => {
    const { positions, keys } = queries;
    const { start, end } = newRanges(queries);
    for (let row = 0; row < positions.length; row++) {
      const first = positions[row]! - (positions[row]! % block);
      start[row] = Math.min(first, keys);
      end[row] = Math.min(first + block, keys);
    }
    return [{ start, end }];
  });
}

/** Keys in a range of `a` and in a range of `b`. */
export function intersection(a: RangeFormula, b: RangeFormula): RangeFormula {
  return formula(a.work * b.work + a.work + b.work, (queries) => {
    const others = b(queries);
    return a(queries).flatMap((x) => others.map((y) => intersect(queries, x, y)));
  });
}

/** Keys in a range of `a` and in none of `b`. */
export function difference(a: RangeFormula, b: RangeFormula): RangeFormula {
  return formula(a.work + b.work, (queries) => subtractAll(queries, a(queries), b(queries)));
}

/** Keys in a range of `a` or of `b`: the ranges of `a`, and what `b` adds. */
export function union(a: RangeFormula, b: RangeFormula): RangeFormula {
  return formula(a.work + b.work, (queries) => {
    const ranges = a(queries);
    return [...ranges, ...subtractAll(queries, b(queries), ranges)];
  });
}

function formula(work: number, rangesOf: (queries: QueryRows) => Ranges[]): RangeFormula {
  return Object.assign(rangesOf, { work });
}

/** True when no query sees anything. */
function isEmpty({ start, end }: Ranges): boolean {
  for (let row = 0; row < start.length; row++) if (start[row] !== end[row]) return false;
  return true;
}

/** As few ranges as can be: those that touch in every row, or are empty where they don't, become one. */
export function joinRanges(queries: QueryRows, ranges: readonly Ranges[]): Ranges[] {
  const out: Ranges[] = [];
  for (const range of ranges) {
    let joined: Ranges | null = null;
    const at = out.findIndex((other) => {
      joined = join(queries, other, range);
      return joined !== null;
    });
    if (joined) out[at] = joined;
    else out.push(range);
  }
  return out;
}

function join(queries: QueryRows, a: Ranges, b: Ranges): Ranges | null {
  const out = newRanges(queries);
  for (let row = 0; row < out.start.length; row++) {
    const [aStart, aEnd, bStart, bEnd] = [a.start[row]!, a.end[row]!, b.start[row]!, b.end[row]!];
    const oneIsEmpty = aStart === aEnd || bStart === bEnd;
    if (!oneIsEmpty && aEnd !== bStart && bEnd !== aStart) return null;
    out.start[row] = aStart === aEnd ? bStart : bStart === bEnd ? aStart : Math.min(aStart, bStart);
    out.end[row] = aStart === aEnd ? bEnd : bStart === bEnd ? aEnd : Math.max(aEnd, bEnd);
  }
  return out;
}

function intersect(queries: QueryRows, a: Ranges, b: Ranges): Ranges {
  const out = newRanges(queries);
  for (let row = 0; row < out.start.length; row++) {
    const start = Math.max(a.start[row]!, b.start[row]!);
    out.start[row] = start;
    out.end[row] = Math.max(start, Math.min(a.end[row]!, b.end[row]!));
  }
  return out;
}

/** What the cuts leave of the ranges. */
function subtractAll(queries: QueryRows, ranges: Ranges[], cuts: readonly Ranges[]): Ranges[] {
  return cuts.reduce(
    (left, cut) => left.flatMap((range) => subtract(queries, range, cut)).filter((range) => !isEmpty(range)),
    ranges,
  );
}

/** The part before the cut and the part behind it. */
function subtract(queries: QueryRows, { start, end }: Ranges, cut: Ranges): [Ranges, Ranges] {
  const before = { start, end: queries.array() };
  const behind = { start: queries.array(), end };
  for (let row = 0; row < start.length; row++) {
    before.end[row] = clamp(cut.start[row]!, start[row]!, end[row]!);
    behind.start[row] = clamp(cut.end[row]!, start[row]!, end[row]!);
  }
  return [before, behind];
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

function newRanges(queries: QueryRows): Ranges {
  return { start: queries.array(), end: queries.array() };
}
