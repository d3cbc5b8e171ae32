/**
 * A plan as the kernels of sparse attention read it: for each pass one block of whole numbers, uploaded once for each backend and kept.
 *
 * From each side a mask is a few strips: rows of a tile with the columns that any of them sees, in granules of 16, so that what is hidden
 * altogether costs nothing; and a word of columns for each row, for the cells between. The layout stands in attention-tile.h.
 */
import type { Pass, Plan, TileLists } from '@sparse-transformers/patterns';
import type { Address } from '../device.ts';
import type { DeviceBackend } from '../device-backend.ts';
import { type Mask, type TilePass, tilePass } from './sparse-attention-tiles.ts';

/** A pass on a device. */
export interface DevicePass {
  /** Where its block is. */
  readonly address: Address;
  /** Rows of a tile. */
  readonly tile: number;
  /** Heads that it is for. */
  readonly heads: number;
  readonly queryTiles: number;
  readonly keyTiles: number;
  /** Whether every query stands in it. */
  readonly coversQueries: boolean;
}

/** A plan on a device: the passes of each group. */
interface DevicePlan {
  /** A list of passes for each group of heads. */
  readonly groups: readonly (readonly DevicePass[])[];
  /** What all blocks take. */
  readonly bytes: number;
}

/** The plans that a backend keeps on its device. */
export interface DevicePlans {
  /** Uploads a plan unless it is there. */
  of(plan: Plan, heads: number): DevicePlan;
  /** What all plans take. */
  bytes(): number;
}

/** Above so many bytes or plans, the plan that was not used for longest goes. One that is larger stays while it is in use. */
const mostBytes = 2 ** 28;
const mostPlans = 64;

const plansOfBackends = new WeakMap<DeviceBackend, DevicePlans>();

/** The plans of a backend. They are not tensors: TensorFlow.js does not count them. */
export function devicePlans(backend: DeviceBackend): DevicePlans {
  const known = plansOfBackends.get(backend) ?? planStore(backend);
  plansOfBackends.set(backend, known);
  return known;
}

function planStore(backend: DeviceBackend): DevicePlans {
  const kept = new Map<string, DevicePlan>();
  const names = new WeakMap<Plan, number>();
  let named = 0;
  let bytes = 0;
  /** A block names its heads, so a plan for any number of heads has one for each number. */
  const keyOf = (plan: Plan, heads: number) => {
    const name = names.get(plan) ?? named++;
    names.set(plan, name);
    return `${name} ${heads}`;
  };
  const drop = (key: string, { groups, bytes: freed }: DevicePlan) => {
    for (const pass of groups.flat()) backend.free(pass.address);
    kept.delete(key);
    bytes -= freed;
  };
  return {
    of: (plan, heads) => {
      const key = keyOf(plan, heads);
      const found = kept.get(key) ?? upload(plan, heads, backend);
      if (!kept.delete(key)) bytes += found.bytes;
      for (const [oldest, old] of kept) {
        if (bytes <= mostBytes && kept.size < mostPlans) break;
        drop(oldest, old);
      }
      kept.set(key, found);
      return found;
    },
    bytes: () => bytes,
  };
}

function upload(plan: Plan, heads: number, backend: DeviceBackend): DevicePlan {
  const addresses: Address[] = [];
  try {
    return uploadTo(addresses, plan, heads, backend);
  } catch (error) {
    for (const address of addresses) backend.free(address);
    throw error;
  }
}

function uploadTo(addresses: Address[], plan: Plan, heads: number, backend: DeviceBackend): DevicePlan {
  let bytes = 0;
  const groups = plan.groups.map((group) => {
    const ofGroup = group.heads ?? Array.from({ length: heads }, (_, head) => head);
    return group.passes.map((pass): DevicePass => {
      const tiles = tilePass(pass);
      const block = blockOf(tiles, ofGroup);
      const address = backend.allocate(block.byteLength, `the plan of ${plan.pattern.name}`);
      addresses.push(address);
      backend.device.upload(address, block);
      bytes += block.byteLength;
      const covered = pass.queryRows.reduce((count, row) => count + (row < 0 ? 0 : 1), 0);
      return {
        address,
        tile: tiles.tile,
        heads: ofGroup.length,
        queryTiles: tiles.queryRows.length / tiles.tile,
        keyTiles: tiles.keyRows.length / tiles.tile,
        coversQueries: covered === plan.queries,
      };
    });
  });
  return { groups, bytes };
}

/**
 * Key tiles by layer: a tile stands in the first layer behind all tiles that share a key with it, so those of a layer may be worked on at
 * once. `starts` is one longer than there are layers.
 */
function keyOrder({ tile, keyRows }: Pick<Pass, 'tile' | 'keyRows'>): { tiles: number[]; starts: number[] } {
  const layerOfKey = new Map<number, number>();
  const byLayer: number[][] = [];
  for (let first = 0; first < keyRows.length; first += tile) {
    const keys = keyRows.subarray(first, first + tile).filter((row) => row >= 0);
    const layer = keys.reduce((most, key) => Math.max(most, layerOfKey.get(key) ?? 0), 0);
    for (const key of keys) layerOfKey.set(key, layer + 1);
    byLayer[layer] ??= [];
    byLayer[layer].push(first / tile);
  }
  const starts = [0];
  for (const tiles of byLayer) starts.push(starts.at(-1)! + tiles.length);
  return { tiles: byLayer.flat(), starts };
}

/** Numbers before the sections: four of the pass, six of each side. */
const fieldCount = 16;

function blockOf(pass: TilePass, heads: readonly number[]): Int32Array {
  const order = keyOrder(pass);
  const sections: ArrayLike<number>[] = [];
  let length = fieldCount;
  /** Appends a section, at an even place: some hold words of 64 bits. */
  const place = (section: ArrayLike<number>) => {
    const at = length;
    sections.push(section);
    length += section.length + (section.length % 2);
    return at;
  };
  const side = (rows: Int32Array, lists: TileLists, masks: readonly Mask[]) => [
    place(rows),
    place(startsOf(rows, pass.tile)),
    place(lists.pointers),
    place(runsOf(lists)),
    place(masks.flatMap((mask) => stripsOf(mask, pass.tile))),
    place(masks.flatMap((mask) => mask.flatMap(({ low, high }) => [low, high]))),
  ];
  const fields = [
    place(heads),
    place(order.tiles),
    order.starts.length - 1,
    place(order.starts),
    ...side(pass.queryRows, pass.byQuery, pass.masks),
    ...side(pass.keyRows, pass.byKey, pass.masks.map(turned)),
  ];
  const block = new Int32Array(length);
  block.set(fields);
  let at = fieldCount;
  for (const section of sections) {
    block.set(section, at);
    at += section.length + (section.length % 2);
  }
  return block;
}

/** Of each tile, its first row when its rows are neighbours, else −1. */
function startsOf(rows: Int32Array, tile: number): Int32Array {
  return Int32Array.from({ length: rows.length / tile }, (_, t) => {
    const first = rows[t * tile]!;
    for (let row = 0; row < tile; row++) if (rows[t * tile + row] !== first + row || first < 0) return -1;
    return first;
  });
}

/** Runs as triples; the full tile is mask 0. */
function runsOf({ first, count, mask }: TileLists): Int32Array {
  const runs = new Int32Array(3 * first.length);
  for (let run = 0; run < first.length; run++) runs.set([first[run]!, count[run]!, mask[run]! + 1], 3 * run);
  return runs;
}

/** A mask seen from the other side. */
function turned(mask: Mask): Mask {
  const bit = ({ low, high }: Mask[number], column: number) =>
    ((column < 32 ? low : high) >>> (column % 32)) & 1;
  return mask.map((_, column) => {
    let [low, high] = [0, 0];
    mask.forEach((word, row) => {
      if (row < 32) low |= bit(word, column) << row;
      else high |= bit(word, column) << (row - 32);
    });
    return { low, high };
  });
}

const granule = 16;
const mostStrips = 4;

/** At most four strips of five numbers: row, rows, granule, granules, whether cells between are hidden. */
function stripsOf(mask: Mask, tile: number): number[] {
  const strips: [row: number, rows: number, granule: number, granules: number, isPartial: number][] = [];
  for (let row = 0; row < tile; row += granule) {
    const words = mask.slice(row, row + granule);
    const [first, end] = granulesOf(words);
    if (first === end) continue;
    const isPartial = words.every((word) => isFull(word, first, end, tile)) ? 0 : 1;
    const last = strips.at(-1);
    const continues =
      last &&
      last[0] + last[1] === row &&
      last[2] === first &&
      last[3] === end - first &&
      last[4] === isPartial;
    if (continues) last[1] += words.length;
    else strips.push([row, words.length, first, end - first, isPartial]);
  }
  const numbers = strips.flat();
  return [...numbers, ...new Array<number>(5 * mostStrips - numbers.length).fill(0)];
}

/** The granules between the first and the last that any of the words has a bit in. */
function granulesOf(words: Mask): [first: number, end: number] {
  const low = words.reduce((all, word) => all | word.low, 0);
  const high = words.reduce((all, word) => all | word.high, 0);
  const isSeen = [low & 0xffff, low >>> 16, high & 0xffff, high >>> 16].map((bits) => bits !== 0);
  return isSeen.includes(true) ? [isSeen.indexOf(true), isSeen.lastIndexOf(true) + 1] : [0, 0];
}

/** Whether a word has all bits of some granules, those beyond the tile included. */
function isFull({ low, high }: Mask[number], first: number, end: number, tile: number): boolean {
  if (end * granule > tile) return false;
  const bits = [low & 0xffff, low >>> 16, high & 0xffff, high >>> 16];
  return bits.slice(first, end).every((part) => part === 0xffff);
}
