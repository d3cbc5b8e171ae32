/** Walks a plan cell by cell, as slowly and plainly as can be: what compiled plans are checked against. */
import type { Pass, Pattern, Plan } from '../src/index.ts';

/** How often each (query, key) stands in the passes of a group, queries × keys counts. */
function timesSeen(plan: Plan, lists: 'byQuery' | 'byKey', group = 0): Uint8Array {
  const seen = new Uint8Array(plan.queries * plan.keys);
  for (const pass of plan.groups[group]!.passes) {
    const { pointers, first, count, mask } = pass[lists];
    for (let own = 0; own + 1 < pointers.length; own++) {
      for (let run = pointers[own]!; run < pointers[own + 1]!; run++) {
        for (let other = first[run]!; other < first[run]! + count[run]!; other++) {
          if (lists === 'byQuery') addTile(seen, plan.keys, pass, own, other, mask[run]!);
          else addTile(seen, plan.keys, pass, other, own, mask[run]!);
        }
      }
    }
  }
  return seen;
}

function addTile(
  seen: Uint8Array,
  keys: number,
  { tile, masks, queryRows, keyRows }: Pass,
  queryTile: number,
  keyTile: number,
  mask: number,
): void {
  for (let row = 0; row < tile; row++) {
    const query = queryRows[queryTile * tile + row]!;
    for (let column = 0; column < tile; column++) {
      const word = (mask * tile + row) * masks.wordsPerRow + (column >>> 5);
      if (mask >= 0 && ((masks.words[word]! >>> (column & 31)) & 1) === 0) continue;
      const key = keyRows[keyTile * tile + column]!;
      if (query < 0 || key < 0) throw new Error('a padding row is seen');
      seen[query * keys + key]!++;
    }
  }
}

/** A pattern's predicate, for queries from an offset on and so many keys: 1 where a pair is shown, queries × keys. */
export type Predicate = (pattern: Pattern, { offset, queries, keys }: Plan) => Uint8Array;

const asked: Predicate = (pattern, { offset, queries, keys }) => {
  const cells = new Uint8Array(queries * keys);
  for (let query = 0; query < queries; query++) {
    for (let key = 0; key < keys; key++) {
      if (pattern.allows(query + offset, key)) cells[query * keys + key] = 1;
    }
  }
  return cells;
};

/** Asks each pattern once for all positions below `most`: for plans of many sizes. */
export function askedOnce(most: number): Predicate {
  const known = new WeakMap<Pattern, Uint8Array>();
  const all = { offset: 0, queries: most, keys: most } as Plan;
  return (pattern, { offset, queries, keys }) => {
    if (Math.max(offset + queries, keys) > most) throw new Error(`positions end at ${most}`);
    const table = known.get(pattern) ?? asked(pattern, all);
    known.set(pattern, table);
    const cells = new Uint8Array(queries * keys);
    for (let query = 0; query < queries; query++) {
      const start = (query + offset) * most;
      cells.set(table.subarray(start, start + keys), query * keys);
    }
    return cells;
  };
}

/** The first thing wrong with a plan, or null when its pairs are the predicate's, each once, on both sides, and are counted right. */
export function faultOf(plan: Plan, predicate = asked): string | null {
  let pairs = 0n;
  for (const [index, { pattern, heads }] of plan.groups.entries()) {
    const wanted = predicate(pattern, plan);
    for (const lists of ['byQuery', 'byKey'] as const) {
      const seen = timesSeen(plan, lists, index);
      const at = firstDifference(seen, wanted);
      if (at >= 0) return faultAt(plan, lists, pattern, at, seen[at]!);
    }
    let cells = 0;
    for (const cell of wanted) cells += cell;
    pairs += BigInt(cells) * BigInt(heads?.length ?? 1);
  }
  return pairs === plan.pairs ? null : `${plan.pattern.name}: ${plan.pairs} pairs instead of ${pairs}`;
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (Buffer.compare(a, b) === 0) return -1;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return at;
  return -1;
}

function faultAt(
  { keys, queries, offset }: Plan,
  lists: string,
  { name }: Pattern,
  at: number,
  times: number,
) {
  const [query, key] = [Math.floor(at / keys), at % keys];
  return `${name}, ${queries} × ${keys} + ${offset}: query ${query}, key ${key} stands ${times} times in ${lists}`;
}
