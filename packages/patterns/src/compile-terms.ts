/** Passes of a structured pattern: terms that share a query order share a pass. */
import type { PlanSize } from './compile.ts';
import { emptyMask, type MaskTableBuilder, maskTableBuilder } from './mask-table.ts';
import type { Pass } from './plan.ts';
import { isEmpty, join, type Ranges } from './range.ts';
import { identityRows, type KeyOrder, keyOrder, type ResidueOrder, residueOrder } from './row-order.ts';
import type { KeySet, Term } from './term.ts';
import { type TileListBuilder, tileListBuilder, transpose } from './tile-lists.ts';

/** Key rows of one term within a pass, and the ranges of key rows that each query row sees. */
interface Section {
  readonly name: string;
  readonly keyRows: Int32Array;
  readonly ranges: readonly Ranges[];
}

/** The passes of disjoint terms. Terms that show nothing at this size have none. */
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
  const sections = terms
    .map((term) => sectionOf(term, size, tile, queryRows, residues?.keys ?? null))
    .filter(({ ranges }) => ranges.length > 0);
  return sections.length === 0 ? null : passOfSections(sections, queryRows, tile);
}

function residueSides(keySet: KeySet, { queries, keys, offset }: PlanSize, tile: number) {
  if (keySet.kind !== 'residue') return null;
  return {
    queries: residueOrder(queries, offset, keySet.stride, tile),
    keys: residueOrder(keys, 0, keySet.stride, tile),
  };
}

/** 64 rows, or 32 where the classes of a stride would waste more than half of every 64. */
function tileOf(keySet: KeySet, { queries, tile }: PlanSize): number {
  if (tile !== 'auto') return tile;
  const rows = keySet.kind === 'residue' ? Math.ceil(queries / keySet.stride) : queries;
  return rows % 64 > 0 && rows % 64 <= 32 && rows < 256 ? 32 : 64;
}

function sectionOf(
  term: Term,
  { keys, offset }: PlanSize,
  tile: number,
  queryRows: Int32Array,
  residues: ResidueOrder | null,
): Section {
  const order = keyOrder(term.keySet, keys, tile, residues);
  const positions = queryRows.map((query) => (query < 0 ? 0 : query + offset));
  const ranges = joined(
    term.ranges.map((formula) => formula(positions, keys)).filter((range) => !isEmpty(range)),
  );
  for (const range of ranges) toRows(range, order, positions, queryRows);
  return { name: term.name, keyRows: order.rows, ranges: ranges.filter((range) => !isEmpty(range)) };
}

function joined(ranges: readonly Ranges[]): Ranges[] {
  const out: Ranges[] = [];
  for (const range of ranges) {
    const at = out.findIndex((other) => join(other, range) !== null);
    const other = out[at];
    if (other === undefined) out.push(range);
    else out[at] = join(other, range) ?? other;
  }
  return out;
}

/** Turns ranges of key positions into ranges of key rows, in place; padding rows see nothing. */
function toRows({ start, end }: Ranges, order: KeyOrder, positions: Int32Array, queryRows: Int32Array): void {
  for (let row = 0; row < queryRows.length; row++) {
    if (queryRows[row]! < 0 || start[row] === end[row]) {
      start[row] = 0;
      end[row] = 0;
    } else {
      start[row] = order.rank(start[row]!, positions[row]!);
      end[row] = order.rank(end[row]!, positions[row]!);
    }
  }
}

function passOfSections(sections: readonly Section[], queryRows: Int32Array, tile: number): Pass | null {
  const lists = tileListBuilder();
  const masks = maskTableBuilder(tile);
  for (let queryTile = 0; queryTile * tile < queryRows.length; queryTile++) {
    let firstKeyTile = 0;
    for (const section of sections) {
      addTiles({ section, queryTile, firstKeyTile, tile, lists, masks });
      firstKeyTile += section.keyRows.length / tile;
    }
    lists.next();
  }
  return finishPass(sections, queryRows, tile, lists, masks);
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

interface TileRow {
  readonly section: Section;
  readonly queryTile: number;
  readonly firstKeyTile: number;
  readonly tile: number;
  readonly lists: TileListBuilder;
  readonly masks: MaskTableBuilder;
}

/** Adds one query tile's key tiles in one section: full tiles as one run, partial ones with their masks. */
function addTiles({ section, queryTile, firstKeyTile, tile, lists, masks }: TileRow): void {
  const spans = section.ranges.map((range) => spanOf(range, queryTile * tile, tile));
  const first = Math.min(...spans.map((span) => span.first));
  const end = Math.max(...spans.map((span) => span.end));
  for (let keyTile = first; keyTile < end; keyTile++) {
    const full = spans.find((span) => keyTile >= span.fullFirst && keyTile < span.fullEnd);
    if (full) {
      lists.add(firstKeyTile + keyTile, full.fullEnd - keyTile, -1);
      keyTile = full.fullEnd - 1;
      continue;
    }
    for (const range of section.ranges) writeMask(masks, range, queryTile * tile, keyTile * tile, tile);
    const mask = masks.add();
    if (mask !== emptyMask) lists.add(firstKeyTile + keyTile, 1, mask);
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
  const filled = rows === tile ? Math.floor(lowEnd / tile) : 0;
  return {
    first: Math.floor(lowStart / tile),
    end: Math.ceil(highEnd / tile),
    fullFirst: Math.ceil(highStart / tile),
    fullEnd: filled,
  };
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
