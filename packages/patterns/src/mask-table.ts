/** Builds a pass's table of bit masks: equal masks are stored once. */
import { PatternError } from './errors.ts';
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

/** Starts an empty table of masks for tiles of `tile` rows. */
export function maskTableBuilder(tile: number): MaskTableBuilder {
  const wordsPerRow = Math.ceil(tile / 32);
  const length = tile * wordsPerRow;
  const scratch = new Uint32Array(length);
  const buckets = new Map<number, number[]>();
  const pairs: number[] = [];
  let words = new Uint32Array(length * 8);
  let count = 0;

  const store = (): number => {
    const index = pairs.push(count) - 1;
    if (pairs.length * length > words.length) words = grown(words);
    words.set(scratch, index * length);
    return index;
  };
  const indexOf = (): number => {
    const hash = hashWords(scratch);
    const bucket = buckets.get(hash) ?? [];
    const known = bucket.find((index) => equalsAt(words, index * length, scratch));
    if (known !== undefined) return known;
    const index = store();
    buckets.set(hash, [...bucket, index]);
    return index;
  };

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
      const index = count === 0 ? emptyMask : count === tile * tile ? fullTile : indexOf();
      if (count > 0) scratch.fill(0);
      count = 0;
      return index;
    },
    finish: () => ({
      size: pairs.length,
      words: words.slice(0, pairs.length * length),
      wordsPerRow,
      pairs: Int32Array.from(pairs),
    }),
  };
}

function grown(words: Uint32Array): Uint32Array<ArrayBuffer> {
  if (words.length * 2 > 2 ** 29) {
    throw new PatternError(
      'compile: the pattern needs more than 2 GiB of distinct masks. Give it structure, or compile a slice of it.',
    );
  }
  const larger = new Uint32Array(words.length * 2);
  larger.set(words);
  return larger;
}

function hashWords(words: Uint32Array): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < words.length; index++) {
    hash = Math.imul(hash ^ words[index]!, 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}

function equalsAt(words: Uint32Array, at: number, mask: Uint32Array): boolean {
  for (let index = 0; index < mask.length; index++) if (words[at + index] !== mask[index]) return false;
  return true;
}
