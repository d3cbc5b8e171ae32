/**
 * Ranges of key positions, one range a query, for all queries at once.
 *
 * Every structured pattern of the paper shows a query a handful of *contiguous* ranges of keys, once the keys are put into the right
 * order. Ranges are closed under intersection and subtraction, so patterns can be combined by formula, and a million queries cost a few
 * passes over typed arrays.
 */

/** For query r, the key positions `start[r]` … `end[r] − 1`. Always 0 ≤ start ≤ end ≤ keys. */
export interface Ranges {
  readonly start: Int32Array;
  readonly end: Int32Array;
}

/** Gives the ranges for queries at these positions, among `keys` keys. */
export type RangeFormula = (positions: Int32Array, keys: number) => Ranges;

/** Keys j with `low` ≤ position − j ≤ `high`; both may be infinite. */
export function band(low: number, high: number): RangeFormula {
  return (positions, keys) =>
    ranges(
      positions,
      keys,
      (position) => position - high,
      (position) => position - low + 1,
    );
}

/** The keys of the query's own block of `block` keys. */
export function ownBlock(block: number): RangeFormula {
  const first = (position: number) => Math.floor(position / block) * block;
  return (positions, keys) => ranges(positions, keys, first, (position) => first(position) + block);
}

/** Keys in both ranges. */
export function intersection(a: RangeFormula, b: RangeFormula): RangeFormula {
  return (positions, keys) => {
    const [x, y] = [a(positions, keys), b(positions, keys)];
    const out = emptyRanges(positions.length);
    for (let row = 0; row < positions.length; row++) {
      const start = Math.max(x.start[row]!, y.start[row]!);
      out.start[row] = start;
      out.end[row] = Math.max(start, Math.min(x.end[row]!, y.end[row]!));
    }
    return out;
  };
}

/** What is left of `a` without `b`: the part before `b` and the part behind it, either of which may be empty. */
export function difference(a: RangeFormula, b: RangeFormula): [RangeFormula, RangeFormula] {
  const part = (side: 'before' | 'behind'): RangeFormula => {
    return (positions, keys) => {
      const [x, y] = [a(positions, keys), b(positions, keys)];
      const out = emptyRanges(positions.length);
      for (let row = 0; row < positions.length; row++) {
        const [start, end] = [x.start[row]!, x.end[row]!];
        const cut = Math.min(Math.max(side === 'before' ? y.start[row]! : y.end[row]!, start), end);
        out.start[row] = side === 'before' ? start : cut;
        out.end[row] = side === 'before' ? cut : end;
      }
      return out;
    };
  };
  return [part('before'), part('behind')];
}

/** True when no query sees anything. */
export function isEmpty({ start, end }: Ranges): boolean {
  return start.every((value, row) => value === end[row]);
}

/** One range for both, where they touch or one is empty in every row; null where some row has a gap between them. */
export function join(a: Ranges, b: Ranges): Ranges | null {
  const out = emptyRanges(a.start.length);
  for (let row = 0; row < out.start.length; row++) {
    const [aStart, aEnd, bStart, bEnd] = [a.start[row]!, a.end[row]!, b.start[row]!, b.end[row]!];
    if (aStart === aEnd || bStart === bEnd) {
      out.start[row] = aStart === aEnd ? bStart : aStart;
      out.end[row] = aStart === aEnd ? bEnd : aEnd;
    } else if (aEnd === bStart || bEnd === aStart) {
      out.start[row] = Math.min(aStart, bStart);
      out.end[row] = Math.max(aEnd, bEnd);
    } else {
      return null;
    }
  }
  return out;
}

function ranges(
  positions: Int32Array,
  keys: number,
  first: (position: number) => number,
  beyond: (position: number) => number,
): Ranges {
  const out = emptyRanges(positions.length);
  for (let row = 0; row < positions.length; row++) {
    const position = positions[row]!;
    const start = Math.min(Math.max(first(position), 0), keys);
    out.start[row] = start;
    out.end[row] = Math.max(start, Math.min(beyond(position), keys));
  }
  return out;
}

function emptyRanges(rows: number): Ranges {
  return { start: new Int32Array(rows), end: new Int32Array(rows) };
}
