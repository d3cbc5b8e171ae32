/**
 * From ranges of key rows to the tiles of a pass: full ones as runs, partial ones with their masks.
 *
 * A mask is written only when its outline, where each row's range enters and leaves the tile, differs from those written lately. Nearly all
 * tiles repeat one of a handful of outlines, so a million queries cost a few passes over small arrays.
 */

import type { Ranges } from '../terms/index.ts';
import { emptyMask, type MaskTableBuilder } from './mask-table.ts';
import { fullTile } from './plan.ts';
import type { TileListBuilder } from './tile-lists.ts';

/** Where the tiles of a pass are written. */
export interface TileWriter {
  /** Rows on each side of a tile. */
  readonly tile: number;
  /** The tile lists being written. */
  readonly lists: TileListBuilder;
  /** The masks of partial tiles. */
  readonly masks: MaskTableBuilder;
  /** Outlines written lately, the newest first. */
  readonly recent: Outline[];
}

/** For each range and row of a tile: its first bit and the bit behind its last. */
interface Outline {
  readonly bits: Int32Array;
  readonly mask: number;
}

/** The tiles that some query tiles touch in one section of the key rows. */
export interface TouchedTiles {
  /** Ranges of key rows, counted from the section's start. */
  readonly ranges: readonly Ranges[];
  /** One for each range: four numbers a query tile, the tiles it touches and those that it fills. */
  readonly spans: readonly Int32Array[];
  /** The section's first key tile in the pass. */
  readonly firstKeyTile: number;
}

const outlinesKept = 8;
const noTile = 2 ** 31 - 1;

/** For each tile of `tile` query rows: first tile touched, the one behind the last; first tile filled, the one behind the last. */
export function spansOf({ start, end }: Ranges, tile: number): Int32Array {
  const spans = new Int32Array((start.length / tile) * 4);
  for (let at = 0, row = 0; at < spans.length; at += 4) {
    let [lowStart, highStart, lowEnd, highEnd] = [noTile, 0, noTile, 0];
    for (const behind = row + tile; row < behind; row++) {
      const from = start[row]!;
      const to = end[row]!;
      if (to < lowEnd) lowEnd = to;
      if (from > highStart) highStart = from;
      if (from === to) lowEnd = 0;
      else if (from < lowStart) lowStart = from;
      if (from !== to && to > highEnd) highEnd = to;
    }
    spans[at] = Math.floor(lowStart / tile);
    spans[at + 1] = Math.ceil(highEnd / tile);
    spans[at + 2] = Math.ceil(highStart / tile);
    spans[at + 3] = Math.floor(lowEnd / tile);
  }
  return spans;
}

/** Adds the key tiles of one query tile, from left to right. */
export function addTiles(writer: TileWriter, touched: TouchedTiles, queryTile: number): void {
  const { spans, firstKeyTile } = touched;
  let keyTile = nextTile(spans, queryTile, 0);
  while (keyTile < noTile) {
    const filledUntil = filledFrom(spans, queryTile, keyTile);
    if (filledUntil > keyTile) {
      writer.lists.add(firstKeyTile + keyTile, filledUntil - keyTile, fullTile);
      keyTile = nextTile(spans, queryTile, filledUntil);
    } else {
      const mask = maskOf(writer, touched.ranges, queryTile, keyTile);
      if (mask !== emptyMask) writer.lists.add(firstKeyTile + keyTile, 1, mask);
      keyTile = nextTile(spans, queryTile, keyTile + 1);
    }
  }
}

/** The first key tile from here on that is touched. */
function nextTile(spans: readonly Int32Array[], queryTile: number, keyTile: number): number {
  let next = noTile;
  for (const span of spans) {
    const first = span[queryTile * 4]!;
    if (keyTile < span[queryTile * 4 + 1]!) next = Math.min(next, Math.max(first, keyTile));
  }
  return next;
}

/** The end of the filled tiles that `keyTile` is one of; 0 when it isn't filled. */
function filledFrom(spans: readonly Int32Array[], queryTile: number, keyTile: number): number {
  for (const span of spans) {
    if (span[queryTile * 4 + 2]! <= keyTile && keyTile < span[queryTile * 4 + 3]!)
      return span[queryTile * 4 + 3]!;
  }
  return 0;
}

function maskOf(
  { tile, masks, recent }: TileWriter,
  ranges: readonly Ranges[],
  queryTile: number,
  keyTile: number,
): number {
  for (const { bits, mask } of recent)
    if (fits(bits, ranges, queryTile * tile, keyTile * tile, tile)) return mask;
  const bits = outlineOf(ranges, queryTile * tile, keyTile * tile, tile);
  for (let at = 0; at < bits.length; at += 2) {
    if (bits[at]! < bits[at + 1]!) masks.setBits((at >> 1) % tile, bits[at]!, bits[at + 1]!);
  }
  const mask = masks.add();
  recent.unshift({ bits, mask });
  recent.length = Math.min(recent.length, outlinesKept);
  return mask;
}

/** Is this the outline of the tile at these rows? */
function fits(
  bits: Int32Array,
  ranges: readonly Ranges[],
  queryRow: number,
  keyRow: number,
  tile: number,
): boolean {
  if (bits.length !== ranges.length * tile * 2) return false;
  let at = 0;
  for (const { start, end } of ranges) {
    for (let row = queryRow; row < queryRow + tile; row++, at += 2) {
      if (bits[at] !== within(start[row]! - keyRow, tile)) return false;
      if (bits[at + 1] !== within(end[row]! - keyRow, tile)) return false;
    }
  }
  return true;
}

function outlineOf(ranges: readonly Ranges[], queryRow: number, keyRow: number, tile: number): Int32Array {
  const bits = new Int32Array(ranges.length * tile * 2);
  let at = 0;
  for (const { start, end } of ranges) {
    for (let row = queryRow; row < queryRow + tile; row++, at += 2) {
      bits[at] = within(start[row]! - keyRow, tile);
      bits[at + 1] = within(end[row]! - keyRow, tile);
    }
  }
  return bits;
}

function within(bit: number, tile: number): number {
  return Math.max(0, Math.min(bit, tile));
}
