import { expect, it } from 'vitest';
import { ByteCounts } from '../benchmarks/witten-bell/byte-counts.ts';

/** What followed a context. */
interface Followers {
  total: number;
  readonly counts: Map<number, number>;
}

/** The simple form: a map from the bytes of a context to what followed it. */
function simpleBits(train: Uint8Array, valid: Uint8Array, order: number, alphabet: number): number {
  const contexts = new Map<string, Followers>();
  train.forEach((byte, index) => {
    for (let length = 0; length <= Math.min(order, index); length++) {
      const context = train.subarray(index - length, index).join();
      const followers = contexts.get(context) ?? { total: 0, counts: new Map() };
      followers.total++;
      followers.counts.set(byte, (followers.counts.get(byte) ?? 0) + 1);
      contexts.set(context, followers);
    }
  });
  let bits = 0;
  for (let index = order; index < valid.length; index++) {
    let chance = 1 / alphabet;
    for (let length = 0; length <= order; length++) {
      const followers = contexts.get(valid.subarray(index - length, index).join());
      if (!followers) break;
      const { total, counts } = followers;
      chance = ((counts.get(valid[index]!) ?? 0) + counts.size * chance) / (total + counts.size);
    }
    bits -= Math.log2(chance);
  }
  return bits / (valid.length - order);
}

/** Bytes, zero and 255 among them, each of which depends on the two before it. */
function chain(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 2; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const base = bytes[index - 1]! * 3 + bytes[index - 2]!;
    bytes[index] = state >>> 30 === 0 ? state >>> 24 : base % 5 === 0 ? 255 : base % 9;
  }
  return bytes;
}

it('counting in tables gives the bits of counting in a map, at every order', () => {
  const [train, valid] = [chain(20_000, 1), chain(3000, 2)];
  const counts = new ByteCounts(6);
  counts.count(train);
  for (let order = 0; order <= 6; order++) {
    expect(counts.bitsPerByte(valid, order, 256)).toBeCloseTo(simpleBits(train, valid, order, 256), 10);
  }
});
