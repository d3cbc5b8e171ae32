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
      pointers: Int32Array.from(pointers),
      first: Int32Array.from(first),
      count: Int32Array.from(count),
      mask: Int32Array.from(mask),
    }),
  };
}

/** A run of the transposed lists, before it is sorted into the list of its tile. */
interface Column {
  readonly tiles: number[];
  readonly first: number[];
  readonly count: number[];
  readonly mask: number[];
}

const absent = -2;

/**
 * The lists of the other side, which has `otherTiles` tiles.
 * Walks from list to list and touches only the tiles whose mask changes, so its work grows with runs and changes, not with tiles.
 */
export function transpose(lists: TileLists, otherTiles: number): TileLists {
  const openedAt = new Int32Array(otherTiles);
  const closed: Column = { tiles: [], first: [], count: [], mask: [] };
  const listCount = lists.pointers.length - 1;
  for (let list = 0; list <= listCount; list++) {
    forEachChange(lists, list, (tile, before, after) => {
      if (before !== absent) {
        closed.tiles.push(tile);
        closed.first.push(openedAt[tile]!);
        closed.count.push(list - openedAt[tile]!);
        closed.mask.push(before);
      }
      if (after !== absent) openedAt[tile] = list;
    });
  }
  return sortedByTile(closed, otherTiles);
}

/** Calls back for every tile whose mask differs between list `list − 1` and list `list`; lists beyond the ends are empty. */
function forEachChange(
  lists: TileLists,
  list: number,
  change: (tile: number, before: number, after: number) => void,
): void {
  const old = new RunCursor(lists, list - 1);
  const now = new RunCursor(lists, list);
  for (let tile = Math.min(old.nextAt(0), now.nextAt(0)); tile < Infinity; ) {
    const [before, after] = [old.maskAt(tile), now.maskAt(tile)];
    const until = Math.min(old.changeAfter(tile), now.changeAfter(tile));
    if (before !== after) for (let at = tile; at < until; at++) change(at, before, after);
    tile = before === absent && after === absent ? Math.min(old.nextAt(tile), now.nextAt(tile)) : until;
  }
}

/** Reads one list from left to right. Questions must not go back. */
class RunCursor {
  readonly #lists: TileLists;
  #run: number;
  readonly #end: number;

  constructor(lists: TileLists, list: number) {
    const inside = list >= 0 && list < lists.pointers.length - 1;
    this.#lists = lists;
    this.#run = inside ? lists.pointers[list]! : 0;
    this.#end = inside ? lists.pointers[list + 1]! : 0;
  }

  /** The first tile from here on that is in the list, or infinity. */
  nextAt(tile: number): number {
    return this.#seek(tile) ? Math.max(this.#lists.first[this.#run]!, tile) : Infinity;
  }

  maskAt(tile: number): number {
    return this.nextAt(tile) === tile ? this.#lists.mask[this.#run]! : absent;
  }

  /** The first tile from here on where another run, or none, begins. */
  changeAfter(tile: number): number {
    const next = this.nextAt(tile);
    return next === tile ? this.#lists.first[this.#run]! + this.#lists.count[this.#run]! : next;
  }

  #seek(tile: number): boolean {
    const { first, count } = this.#lists;
    while (this.#run < this.#end && first[this.#run]! + count[this.#run]! <= tile) this.#run++;
    return this.#run < this.#end;
  }
}

/** A stable counting sort: runs of one tile stay in the order in which they were closed. */
function sortedByTile(runs: Column, tiles: number): TileLists {
  const pointers = new Int32Array(tiles + 1);
  for (const tile of runs.tiles) pointers[tile + 1]!++;
  for (let tile = 0; tile < tiles; tile++) pointers[tile + 1]! += pointers[tile]!;
  const place = pointers.slice();
  const out = {
    pointers,
    first: new Int32Array(runs.tiles.length),
    count: new Int32Array(runs.tiles.length),
    mask: new Int32Array(runs.tiles.length),
  };
  runs.tiles.forEach((tile, run) => {
    const to = place[tile]!++;
    out.first[to] = runs.first[run]!;
    out.count[to] = runs.count[run]!;
    out.mask[to] = runs.mask[run]!;
  });
  return out;
}
