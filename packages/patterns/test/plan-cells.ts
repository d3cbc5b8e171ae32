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

/** 1 where the predicate shows a pair, queries × keys. */
function predicateCells(pattern: Pattern, plan: Plan): Uint8Array {
  const cells = new Uint8Array(plan.queries * plan.keys);
  for (let query = 0; query < plan.queries; query++) {
    for (let key = 0; key < plan.keys; key++) {
      if (pattern.allows(query + plan.offset, key)) cells[query * plan.keys + key] = 1;
    }
  }
  return cells;
}

/** The first thing wrong with a plan, or null when its pairs are the predicate's, each once, on both sides, and are counted right. */
export function faultOf(plan: Plan): string | null {
  let pairs = 0n;
  for (const [index, { pattern, heads }] of plan.groups.entries()) {
    const wanted = predicateCells(pattern, plan);
    for (const lists of ['byQuery', 'byKey'] as const) {
      const seen = timesSeen(plan, lists, index);
      const at = firstDifference(seen, wanted);
      if (at >= 0) return faultAt(plan, lists, pattern, at, seen[at]!);
    }
    pairs += BigInt(wanted.reduce((sum, cell) => sum + cell, 0)) * BigInt(heads?.length ?? 1);
  }
  return pairs === plan.pairs ? null : `${plan.pattern.name}: ${plan.pairs} pairs instead of ${pairs}`;
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
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
