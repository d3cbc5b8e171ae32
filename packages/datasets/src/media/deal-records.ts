// Which records go to which split. Folders of pictures are often classes, and files come in the order of their names, so the end of a dataset is
// no fair part of it. Places are dealt out evenly instead: of every stretch of records a split gets its share, give or take one. Then the
// records of each small block of places are shuffled, so that what recurs every so many records does not fall on one split alone. No block
// reaches from one folder into another, if either is large enough to have records in every split.
//
// All is computed from a place, without a table: there may be more records than memory holds numbers.

import type { SplitRanges } from '../batches/index.ts';
import { lastAtMost, randomBelow, shuffled } from '../batches/index.ts';

/** How a dataset is dealt out. */
export interface Dealing {
  /** Where folders begin, ascending from 0: numbers of records, or of recordings. */
  readonly folders: readonly number[];
  /** The seed: a whole number from 0 to 2⁵³ - 1. */
  readonly seed: number;
}

const purpose = 'splits';

/** For each split, by name, which record of all stands at a place of it. The lengths of the ranges say how many records a split gets. */
export function dealRecords(
  ranges: SplitRanges,
  { folders, seed }: Dealing,
): Map<string, (place: number) => number> {
  const sizes = [...ranges].map(([name, [start, end]]) => ({ name, size: end - start }));
  const count = sizes.reduce((sum, { size }) => sum + size, 0);
  const inBlock = blockShuffle(count, blockOf(sizes.map(({ size }) => size)), { folders, seed });
  const dealt = new Map<string, (place: number) => number>();
  // The last split is taken out of all places, the one before it out of those that are left, and so on.
  let [left, placeOf] = [count, inBlock];
  for (const { name, size } of sizes.reverse()) {
    if (size === 0) continue;
    const { chosen, others } = evenly(left, size, randomBelow(left, { seed, purpose, index: left, row: 0 }));
    const outer = placeOf;
    dealt.set(name, (place) => outer(chosen(place)));
    placeOf = (place) => outer(others(place));
    left -= size;
  }
  return dealt;
}

/** How many records have one of the smallest split among them. */
function blockOf(sizes: readonly number[]): number {
  const present = sizes.filter((size) => size > 0);
  const count = present.reduce((sum, size) => sum + size, 0);
  return Math.ceil(count / Math.min(...present));
}

/** `size` places of `count`, evenly spread, and the others; both ascending. Whole numbers of any size: products pass 2⁵³. */
function evenly(count: number, size: number, phase: number) {
  const [all, some, shift] = [BigInt(count), BigInt(size), BigInt(phase)];
  return {
    chosen: (place: number) => Number((BigInt(place + 1) * all - shift + some - 1n) / some) - 1,
    others: (place: number) => Number((BigInt(place) * all + shift) / (all - some)),
  };
}

/** A one-to-one map of the numbers below `count` that shuffles each block of `size`, or what is left of a folder. */
function blockShuffle(count: number, size: number, { folders, seed }: Dealing): (place: number) => number {
  const ends = folders.map((_, index) => folders[index + 1] ?? count);
  const isLarge = (index: number): boolean => ends[index]! - folders[index]! >= size;
  // Folders too small for a block of their own share blocks with their neighbours.
  const starts = folders.filter((_, index) => index === 0 || isLarge(index - 1) || isLarge(index));
  return (place) => {
    const index = lastAtMost(starts.length, place, (at) => starts[at]!);
    return shuffledInBlock(place, size, { start: starts[index]!, end: starts[index + 1] ?? count }, seed);
  };
}

/** Which record of a stretch stands at a place of it when each block of `size` is shuffled. */
export function shuffledInBlock(
  place: number,
  size: number,
  { start, end }: { readonly start: number; readonly end: number },
  seed: number,
): number {
  const block = place - ((place - start) % size);
  return block + shuffled(place - block, Math.min(size, end - block), { seed, purpose, epoch: block });
}
