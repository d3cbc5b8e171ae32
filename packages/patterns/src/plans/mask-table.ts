/** Builds a pass's table of bit masks: equal masks are stored once. */
import { PatternError } from '../errors.ts';
import { fullTile, type MaskTable } from './plan.ts';

/** Collects masks of one tile size. Write one with `setBits`, then `add()` it. */
export interface MaskTableBuilder {
  /** Sets bits `from` … `to − 1` of a row of the mask being written, none of which is set yet. */
  setBits(row: number, from: number, to: number): void;
  /** Gives the written mask's index, or −2 when it is empty, −1 when it is full; begins the next one. */
  add(): number;
  /** The finished table. */
  finish(): MaskTable;
}

/** What `add` answers for a mask without a bit. */
export const emptyMask = -2;

/** Masks are kept in blocks of so many, so that growing copies nothing. */
const masksInBlock = 32;
const mostWords = 2 ** 29;

/** Starts an empty table of masks for tiles of `tile` rows. */
export function maskTableBuilder(tile: number): MaskTableBuilder {
  const wordsPerRow = Math.ceil(tile / 32);
  const scratch = new Uint32Array(tile * wordsPerRow);
  const stored = maskStore(scratch.length);
  let count = 0;
  return {
    setBits: (row, from, to) => {
      count += to - from;
      for (let word = from >>> 5; word << 5 < to; word++) {
        const low = Math.max(from - (word << 5), 0);
        const high = Math.min(to - (word << 5), 32);
        const bits = high - low === 32 ? 0xffffffff : ((1 << (high - low)) - 1) << low;
        scratch[row * wordsPerRow + word]! |= bits;
      }
    },
    add: () => {
      const index =
        count === 0 ? emptyMask : count === tile * tile ? fullTile : stored.indexOf(scratch, count);
      if (count > 0) scratch.fill(0);
      count = 0;
      return index;
    },
    finish: () => ({ ...stored.finish(), wordsPerRow }),
  };
}

/** Masks, each kept once. */
interface MaskStore {
  /** The index of a mask of so many pairs; stores it when it is new. */
  indexOf(mask: Uint32Array, pairs: number): number;
  /** All masks, one behind the other. */
  finish(): Pick<MaskTable, 'size' | 'words' | 'pairs'>;
}

/** A store of masks of `length` words. */
function maskStore(length: number): MaskStore {
  const blocks: Uint32Array[] = [];
  const pairs: number[] = [];
  /** The newest mask of each hash, and for each mask the one before it with the same hash, −1 for none. */
  const newest = new Map<number, number>();
  const older: number[] = [];
  const wordsOf = (index: number): Uint32Array => {
    const at = (index % masksInBlock) * length;
    return blocks[Math.floor(index / masksInBlock)]!.subarray(at, at + length);
  };
  return {
    indexOf: (mask, pairsOfMask) => {
      const hash = hashWords(mask);
      for (let index = newest.get(hash) ?? -1; index >= 0; index = older[index]!) {
        if (areEqual(wordsOf(index), mask)) return index;
      }
      const index = pairs.push(pairsOfMask) - 1;
      if (index % masksInBlock === 0) blocks.push(newBlock(index, length));
      wordsOf(index).set(mask);
      older.push(newest.get(hash) ?? -1);
      newest.set(hash, index);
      return index;
    },
    finish: () => {
      const words = new Uint32Array(pairs.length * length);
      for (let index = 0; index < pairs.length; index++) words.set(wordsOf(index), index * length);
      return { size: pairs.length, words, pairs: Int32Array.from(pairs) };
    },
  };
}

function newBlock(masks: number, length: number): Uint32Array {
  if ((masks + masksInBlock) * length > mostWords) {
    throw new PatternError(
      'compile: the pattern needs more than 2 GiB of distinct masks. Give it structure, or compile a slice of it.',
    );
  }
  return new Uint32Array(masksInBlock * length);
}

function hashWords(words: Uint32Array): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < words.length; index++) {
    hash = Math.imul(hash ^ words[index]!, 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}

function areEqual(words: Uint32Array, mask: Uint32Array): boolean {
  for (let index = 0; index < mask.length; index++) if (words[index] !== mask[index]) return false;
  return true;
}
