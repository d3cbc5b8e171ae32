/** Random cases from a seed: the same seed gives the same cases. */
import type { DataType } from '@tensorflow/tfjs-core';

/** A tensor that a case hands to a kernel. Complex values come in turns: real, imaginary. */
export interface Given {
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly values: readonly number[];
}

/** Where the random choices of a case come from. */
export interface Random {
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number;
  /** One of these. */
  pick<Item>(items: readonly Item[]): Item;
  /** True with this chance. */
  chance(share: number): boolean;
  /** A shape of few cells, of so many axes. */
  shape(leastRank?: number, mostRank?: number): number[];
  /** A tensor with small numbers of such a dtype. */
  tensor(shape: readonly number[], dtype?: DataType): Given;
  /** A tensor with numbers that overflow, and such that are none. */
  wild(shape: readonly number[], dtype?: DataType): Given;
  /** int32 from 0 to below `limit`, or any of int32 where that is empty. */
  indices(shape: readonly number[], limit: number): Given;
}

/** Counts of an axis: none, one, vectors of all widths, and a few behind them. */
const counts = [0, 1, 1, 2, 3, 5, 7, 17];

const floats = [0, 1, -1, 2, 0.5, -2.5, 3, 7.25, -0.75, 100];
const rareFloats = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e9, -3e9, 1e-30];
const wholes = [0, 1, -1, 2, 3, -5, 7, 100];
const rareWholes = [2147483647, -2147483648, 65536];

/** Numbers in a row from a seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  const pick = <Item>(items: readonly Item[]) => items[whole(0, items.length - 1)]!;
  const chance = (share: number) => next() < share;
  const many = (size: number, one: () => number) => Array.from({ length: size }, one);
  const sizeOf = (shape: readonly number[]) => shape.reduce((size, count) => size * count, 1);
  const given = (shape: readonly number[], dtype: DataType, rareShare: number): Given => {
    const size = sizeOf(shape) * (dtype === 'complex64' ? 2 : 1);
    if (dtype === 'bool') return { shape, dtype, values: many(size, () => whole(0, 1)) };
    const [usual, rare] = dtype === 'int32' ? [wholes, rareWholes] : [floats, rareFloats];
    return { shape, dtype, values: many(size, () => pick(chance(rareShare) ? rare : usual)) };
  };
  return {
    whole,
    pick,
    chance,
    shape: (leastRank = 0, mostRank = 4) => {
      const rank = whole(leastRank, mostRank);
      return Array.from({ length: rank }, () => pick(rank > 2 ? counts.slice(0, -2) : counts));
    },
    tensor: (shape, dtype = 'float32') => given(shape, dtype, 0),
    wild: (shape, dtype = 'float32') => given(shape, dtype, chance(0.4) ? 0.2 : 0),
    indices: (shape, limit) => {
      const values = many(sizeOf(shape), () => (limit > 0 ? whole(0, limit - 1) : whole(-1, 1)));
      return { shape, dtype: 'int32', values };
    },
  };
}
