/**
 * What a plan is: the tiles that a kernel walks, compiled from a pattern for one length.
 *
 * A pass puts query rows and key rows into an order in which the pattern is dense tiles. Rows say where to gather (−1: padding). A tile
 * list is written as runs of neighbouring tiles, so that a million causal queries are a few thousand entries. The same pairs stand in
 * `byQuery` for the forward pass and dQ, and in `byKey` for dK and dV.
 */

import type { Pattern } from '../patterns/index.ts';
import type { Cost, CostOptions } from './cost.ts';

/** The mask index of a full tile: every one of its cells is a pair. */
export const fullTile = -1;

/** For each tile on one side, the tiles on the other side, as runs. */
export interface TileLists {
  /** Runs of tile t are `pointers[t]` … `pointers[t + 1] − 1`. */
  readonly pointers: Int32Array;
  /** Of each run, its first tile on the other side. Ascending within one list. */
  readonly first: Int32Array;
  /** Of each run, how many neighbouring tiles it has. */
  readonly count: Int32Array;
  /** Of each run, the mask of all its tiles, or −1 (`fullTile`) where they need none. */
  readonly mask: Int32Array;
}

/** A deduplicated table of bit masks. */
export interface MaskTable {
  /** Number of masks. */
  readonly size: number;
  /**
   * `size × tile × wordsPerRow` words: bit k % 32 of word ⌊k ÷ 32⌋ of row q is set when query row q of the tile sees key row k.
   * Always query row by query row, in `byKey` lists too.
   */
  readonly words: Uint32Array;
  /** Words a row: ⌈tile ÷ 32⌉. */
  readonly wordsPerRow: number;
  /** Pairs of each mask. */
  readonly pairs: Int32Array;
}

/** Tiles in one order of rows. */
export interface Pass {
  /** The terms in it, for people. */
  readonly name: string;
  /** Rows on each side of a tile. */
  readonly tile: number;
  /** Query index of each query row, −1 for padding; its length is a multiple of `tile`. A query stands in a pass once at most. */
  readonly queryRows: Int32Array;
  /** Key index of each key row, −1 for padding; its length is a multiple of `tile`. A key may stand twice. */
  readonly keyRows: Int32Array;
  /** Key tiles of each query tile. */
  readonly byQuery: TileLists;
  /** Query tiles of each key tile: the transposed lists, the same pairs. */
  readonly byKey: TileLists;
  /** The masks of partial tiles. */
  readonly masks: MaskTable;
  /** Tiles without a mask. */
  readonly fullTiles: number;
  /** Tiles with a mask. */
  readonly partialTiles: number;
}

/** The passes of the heads that share a pattern. */
export interface PlanGroup {
  /** The heads, ascending; null: all of them. */
  readonly heads: readonly number[] | null;
  /** Their pattern. */
  readonly pattern: Pattern;
  /** Its passes. Each pair is in exactly one. */
  readonly passes: readonly Pass[];
}

/** A pattern compiled for one length. */
export interface Plan {
  /** What it was compiled from. */
  readonly pattern: Pattern;
  /** Number of queries. Query i stands at position i + offset. */
  readonly queries: number;
  /** Number of keys. */
  readonly keys: number;
  /** Position of the first query. */
  readonly offset: number;
  /** The number of heads it is for; null: any. */
  readonly heads: number | null;
  /** Groups of heads with equal patterns. */
  readonly groups: readonly PlanGroup[];
  /** Pairs kept, exactly; the sum over heads for `perHead`, else those of one head. */
  readonly pairs: bigint;
  /** Tiles, full and partial; the sum over heads for `perHead`, else those of one head. */
  readonly tiles: number;
  /** Estimated FLOPs, bytes and peak memory of the forward pass, beside those of dense attention. */
  cost(options: CostOptions): Cost;
  /** A readable account of the plan, some lines of text. */
  explain(): string;
}
