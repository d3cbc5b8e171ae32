/** Tile lists as runs: written tile by tile, and transposed without ever listing all tiles. */
import type { TileLists } from './plan.ts';

/** Writes the lists of tiles 0, 1, 2, … in order. */
export interface TileListBuilder {
  /** Adds `count` tiles from `first` with one mask to the current list, behind what it has; joins runs that continue each other. */
  add(first: number, count: number, mask: number): void;
  /** Ends the current list and begins the next. */
  next(): void;
  /** The finished lists. */
  finish(): TileLists;
}

/** Starts lists without a tile. */
export function tileListBuilder(): TileListBuilder {
  const pointers = [0];
  const first: number[] = [];
  const count: number[] = [];
  const mask: number[] = [];
  return {
    add: (start, length, runMask) => {
      const last = first.length - 1;
      const continues =
        last >= pointers[pointers.length - 1]! &&
        mask[last] === runMask &&
        first[last]! + count[last]! === start;
      if (continues) {
        count[last]! += length;
      } else {
        first.push(start);
        count.push(length);
        mask.push(runMask);
      }
    },
    next: () => {
      pointers.push(first.length);
    },
    finish: () => ({
      pointers: new Int32Array(pointers),
      first: new Int32Array(first),
      count: new Int32Array(count),
      mask: new Int32Array(mask),
    }),
  };
}

/** Runs of the transposed lists, before they are sorted into the list of their tile. */
interface Closed {
  readonly tiles: number[];
  readonly first: number[];
  readonly count: number[];
  readonly mask: number[];
}

const absent = -2;
const noTile = 2 ** 31 - 1;

/**
 * The lists of the other side, which has `otherTiles` tiles.
 * Walks from list to list and touches only the tiles whose mask changes, so its work grows with runs and changes, not with tiles.
 */
export function transpose(lists: TileLists, otherTiles: number): TileLists {
  const openedAt = new Int32Array(otherTiles);
  const closed: Closed = { tiles: [], first: [], count: [], mask: [] };
  for (let list = 0; list < lists.pointers.length; list++) closeChanged(lists, list, openedAt, closed);
  return sortedByTile(closed, otherTiles);
}

/** Ends a run, and begins one, at every tile whose mask differs between `list − 1` and `list`; lists beyond the ends are empty. */
function closeChanged(lists: TileLists, list: number, openedAt: Int32Array, closed: Closed): void {
  const { pointers, first, count, mask } = lists;
  let old = pointers[list - 1] ?? 0;
  let now = pointers[list]!;
  const oldEnd = list > 0 ? now : 0;
  const nowEnd = pointers[list + 1] ?? now;
  for (let tile = 0; old < oldEnd || now < nowEnd; ) {
    const oldFirst = old < oldEnd ? Math.max(first[old]!, tile) : noTile;
    const nowFirst = now < nowEnd ? Math.max(first[now]!, tile) : noTile;
    const from = Math.min(oldFirst, nowFirst);
    const before = oldFirst === from ? mask[old]! : absent;
    const after = nowFirst === from ? mask[now]! : absent;
    const oldChange = before === absent ? oldFirst : first[old]! + count[old]!;
    const nowChange = after === absent ? nowFirst : first[now]! + count[now]!;
    tile = Math.min(oldChange, nowChange);
    if (before !== after) change(from, tile, before, after, list, openedAt, closed);
    if (before !== absent && oldChange === tile) old++;
    if (after !== absent && nowChange === tile) now++;
  }
}

function change(
  from: number,
  until: number,
  before: number,
  after: number,
  list: number,
  openedAt: Int32Array,
  { tiles, first, count, mask }: Closed,
): void {
  for (let tile = from; tile < until; tile++) {
    if (before !== absent) {
      tiles.push(tile);
      first.push(openedAt[tile]!);
      count.push(list - openedAt[tile]!);
      mask.push(before);
    }
    if (after !== absent) openedAt[tile] = list;
  }
}

/** A stable counting sort: runs of one tile stay in the order in which they were closed. */
function sortedByTile(runs: Closed, tiles: number): TileLists {
  const pointers = new Int32Array(tiles + 1);
  for (const tile of runs.tiles) pointers[tile + 1]!++;
  for (let tile = 0; tile < tiles; tile++) pointers[tile + 1]! += pointers[tile]!;
  const place = pointers.slice();
  const first = new Int32Array(runs.tiles.length);
  const count = new Int32Array(runs.tiles.length);
  const mask = new Int32Array(runs.tiles.length);
  for (let run = 0; run < runs.tiles.length; run++) {
    const to = place[runs.tiles[run]!]!++;
    first[to] = runs.first[run]!;
    count[to] = runs.count[run]!;
    mask[to] = runs.mask[run]!;
  }
  return { pointers, first, count, mask };
}
