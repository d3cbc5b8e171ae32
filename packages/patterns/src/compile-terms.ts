/**
 * Passes of a structured pattern: terms that share a query order share a pass.
 *
 * Ranges are worked out for some thousand query rows at a time, which stay in the processor's cache.
 */
import type { PlanSize } from './compile.ts';
import { emptyMask, type MaskTableBuilder, maskTableBuilder } from './mask-table.ts';
import type { Pass } from './plan.ts';
import { isEmpty, joinRanges, type Ranges } from './range.ts';
import { identityRows, type KeyOrder, keyOrder, type ResidueOrder, residueOrder } from './row-order.ts';
import type { KeySet, Term } from './term.ts';
import { type TileListBuilder, tileListBuilder, transpose } from './tile-lists.ts';

/** Tiles of queries whose ranges are worked out together. */
const chunkTiles = 64;

/** One term within a pass, and where its key rows stand. */
interface Section {
  readonly term: Term;
  readonly order: KeyOrder;
  readonly firstKeyTile: number;
  /** Partial tiles written lately, to recognise shifted copies of. */
  readonly recent: WrittenTile[];
}

/** The ranges of key rows, within one section, that a chunk of query rows sees. */
interface Chunk {
  readonly section: Section;
  readonly ranges: readonly Ranges[];
}

interface WrittenTile {
  readonly ranges: readonly Ranges[];
  readonly firstQueryRow: number;
  readonly firstKeyRow: number;
  readonly mask: number;
}

interface PassBuilder {
  readonly tile: number;
  readonly lists: TileListBuilder;
  readonly masks: MaskTableBuilder;
}

/** The passes of disjoint terms. A pass that shows nothing at this size is left out. */
export function passesOfTerms(terms: readonly Term[], size: PlanSize): Pass[] {
  const inOrder = terms.filter(({ keySet }) => keySet.kind !== 'residue');
  const byResidue = terms.filter(({ keySet }) => keySet.kind === 'residue');
  const groups = [...(inOrder.length > 0 ? [inOrder] : []), ...byResidue.map((term) => [term])];
  return groups.map((group) => passOfGroup(group, size)).filter((pass) => pass !== null);
}

function passOfGroup(terms: readonly Term[], size: PlanSize): Pass | null {
  const tile = tileOf(terms[0]!.keySet, size);
  const residues = residueSides(terms[0]!.keySet, size, tile);
  const queryRows = residues?.queries.rows ?? identityRows(size.queries, tile);
  const sections = sectionsOf(terms, size.keys, tile, residues?.keys ?? null);
  const builder = { tile, lists: tileListBuilder(), masks: maskTableBuilder(tile) };
  for (let row = 0; row < queryRows.length; row += chunkTiles * tile) {
    const rows = queryRows.subarray(row, row + chunkTiles * tile);
    addChunk(
      builder,
      sections.map((section) => chunkOf(section, rows, size)),
      rows.length / tile,
    );
  }
  const parts = sections.map(({ term, order }) => ({ name: term.name, keyRows: order.rows }));
  return finishPass(parts, queryRows, tile, builder.lists, builder.masks);
}

function residueSides(keySet: KeySet, { queries, keys, offset }: PlanSize, tile: number) {
  if (keySet.kind !== 'residue') return null;
  return {
    queries: residueOrder(queries, offset, keySet.stride, tile),
    keys: residueOrder(keys, 0, keySet.stride, tile),
  };
}

/** 64 rows, or 32 where the classes of a stride would waste more than half of every last 64. */
function tileOf(keySet: KeySet, { queries, tile }: PlanSize): number {
  if (tile !== 'auto') return tile;
  const rows = keySet.kind === 'residue' ? Math.ceil(queries / keySet.stride) : queries;
  return rows % 64 > 0 && rows % 64 <= 32 && rows < 256 ? 32 : 64;
}

function sectionsOf(
  terms: readonly Term[],
  keys: number,
  tile: number,
  residues: ResidueOrder | null,
): Section[] {
  let firstKeyTile = 0;
  return terms.map((term) => {
    const order = keyOrder(term.keySet, keys, tile, residues);
    const section = { term, order, firstKeyTile, recent: [] };
    firstKeyTile += order.rows.length / tile;
    return section;
  });
}

function chunkOf(section: Section, queryRows: Int32Array, { keys, offset }: PlanSize): Chunk {
  const positions = new Int32Array(queryRows.length);
  for (let row = 0; row < positions.length; row++) positions[row] = Math.max(queryRows[row]! + offset, 0);
  const ranges = joinRanges(section.term.ranges(positions, keys).filter((range) => !isEmpty(range)));
  return { section, ranges: ranges.map((range) => toRows(range, section.order, positions, queryRows)) };
}

/** Turns ranges of key positions into ranges of key rows; padding rows see nothing. */
function toRows(ranges: Ranges, order: KeyOrder, positions: Int32Array, queryRows: Int32Array): Ranges {
  const out = { start: new Int32Array(queryRows.length), end: new Int32Array(queryRows.length) };
  for (let row = 0; row < queryRows.length; row++) {
    if (queryRows[row]! < 0 || ranges.start[row] === ranges.end[row]) continue;
    out.start[row] = order.rank(ranges.start[row]!, positions[row]!);
    out.end[row] = order.rank(ranges.end[row]!, positions[row]!);
  }
  return out;
}

function addChunk(builder: PassBuilder, chunks: readonly Chunk[], queryTiles: number): void {
  for (let queryTile = 0; queryTile < queryTiles; queryTile++) {
    for (const chunk of chunks) addTiles(builder, chunk, queryTile * builder.tile);
    builder.lists.next();
  }
}

/** Puts the finished pieces of a pass together; null when it has no tile. */
export function finishPass(
  sections: readonly { name: string; keyRows: Int32Array }[],
  queryRows: Int32Array,
  tile: number,
  lists: TileListBuilder,
  masks: MaskTableBuilder,
): Pass | null {
  const byQuery = lists.finish();
  if (byQuery.first.length === 0) return null;
  const keyRows = concatenate(sections.map((section) => section.keyRows));
  const tiles = { full: 0, partial: 0 };
  byQuery.mask.forEach((mask, run) => {
    tiles[mask < 0 ? 'full' : 'partial'] += byQuery.count[run]!;
  });
  return {
    name: sections.map(({ name }) => name).join(' + '),
    tile,
    queryRows,
    keyRows,
    byQuery,
    byKey: transpose(byQuery, keyRows.length / tile),
    masks: masks.finish(),
    fullTiles: tiles.full,
    partialTiles: tiles.partial,
  };
}

function concatenate(arrays: readonly Int32Array[]): Int32Array {
  const only = arrays.length === 1 ? arrays[0] : undefined;
  if (only) return only;
  const out = new Int32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    out.set(array, at);
    at += array.length;
  }
  return out;
}

/** Adds one query tile's key tiles in one section: full tiles as one run, partial ones with their masks. */
function addTiles({ tile, lists, masks }: PassBuilder, chunk: Chunk, firstRow: number): void {
  const { firstKeyTile } = chunk.section;
  const spans = chunk.ranges.map((range) => spanOf(range, firstRow, tile));
  const end = spans.reduce((most, span) => Math.max(most, span.end), 0);
  let keyTile = spans.reduce((least, span) => Math.min(least, span.first), end);
  while (keyTile < end) {
    const full = spans.find((span) => span.fullFirst <= keyTile && keyTile < span.fullEnd);
    const mask = full ? -1 : maskOf(chunk, masks, firstRow, keyTile * tile, tile);
    const count = full ? full.fullEnd - keyTile : 1;
    if (mask !== emptyMask) lists.add(firstKeyTile + keyTile, count, mask);
    keyTile += count;
  }
}

/** Key tiles that a query tile touches in a range, and those of them that it fills. */
interface Span {
  readonly first: number;
  readonly end: number;
  readonly fullFirst: number;
  readonly fullEnd: number;
}

function spanOf({ start, end }: Ranges, firstRow: number, tile: number): Span {
  let [lowStart, highStart, lowEnd, highEnd, rows] = [Infinity, 0, Infinity, 0, 0];
  for (let row = firstRow; row < firstRow + tile; row++) {
    const [from, to] = [start[row]!, end[row]!];
    if (from === to) continue;
    rows++;
    if (from < lowStart) lowStart = from;
    if (from > highStart) highStart = from;
    if (to < lowEnd) lowEnd = to;
    if (to > highEnd) highEnd = to;
  }
  if (rows === 0) return { first: Infinity, end: 0, fullFirst: 0, fullEnd: 0 };
  return {
    first: Math.floor(lowStart / tile),
    end: Math.ceil(highEnd / tile),
    fullFirst: Math.ceil(highStart / tile),
    fullEnd: rows === tile ? Math.floor(lowEnd / tile) : 0,
  };
}

/** The mask of a partial tile. Most are shifted copies of a tile just written, and need not be written again. */
function maskOf(
  { section: { recent }, ranges }: Chunk,
  masks: MaskTableBuilder,
  firstQueryRow: number,
  firstKeyRow: number,
  tile: number,
): number {
  const written = { ranges, firstQueryRow, firstKeyRow };
  const twin = recent.find((other) => isShiftedCopy(other, written, tile));
  if (twin) return twin.mask;
  for (const range of ranges) writeMask(masks, range, firstQueryRow, firstKeyRow, tile);
  const mask = masks.add();
  recent.unshift({ ...written, mask });
  recent.length = Math.min(recent.length, 8);
  return mask;
}

function isShiftedCopy(other: WrittenTile, tileAt: Omit<WrittenTile, 'mask'>, tile: number): boolean {
  if (other.ranges.length !== tileAt.ranges.length) return false;
  const shift = tileAt.firstKeyRow - other.firstKeyRow;
  return tileAt.ranges.every(({ start, end }, index) => {
    const twin = other.ranges[index]!;
    for (let row = 0; row < tile; row++) {
      const [at, from] = [tileAt.firstQueryRow + row, other.firstQueryRow + row];
      if (start[at]! - twin.start[from]! !== shift || end[at]! - twin.end[from]! !== shift) return false;
    }
    return true;
  });
}

function writeMask(
  masks: MaskTableBuilder,
  { start, end }: Ranges,
  firstQueryRow: number,
  firstKeyRow: number,
  tile: number,
): void {
  for (let row = 0; row < tile; row++) {
    const from = Math.max(start[firstQueryRow + row]! - firstKeyRow, 0);
    const to = Math.min(end[firstQueryRow + row]! - firstKeyRow, tile);
    if (from < to) masks.setBits(row, from, to);
  }
}
