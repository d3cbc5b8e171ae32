// How often each run of bytes came, for runs of 1 to 7 bytes, in tables of plain numbers: a text of 50 MB is counted in
// a minute. A run of n bytes is at once a follower of the n - 1 bytes before it, and a context of the byte after it.

/** What is known of the runs of one length. Slot s holds the run whose bytes are in `high[s]` and `low[s]`. */
class RunTable {
  #low = new Uint32Array(1 << 10);
  #high = new Uint32Array(1 << 10);
  /** How often the run came. */
  count = new Uint32Array(1 << 10);
  /** How often a byte came after it. */
  followed = new Uint32Array(1 << 10);
  /** How many different bytes came after it. */
  distinct = new Uint32Array(1 << 10);
  #used = 0;

  /** The slot of a run, or -1 for one that never came. */
  find(low: number, high: number): number {
    const slot = this.#probe(low, high);
    return this.count[slot] === 0 ? -1 : slot;
  }

  /** Counts a run once more. Gives true for one that is new. */
  add(low: number, high: number): boolean {
    if (this.#used * 2 >= this.count.length) this.#grow();
    const slot = this.#probe(low, high);
    const isNew = this.count[slot] === 0;
    if (isNew) {
      this.#low[slot] = low;
      this.#high[slot] = high;
      this.#used++;
    }
    this.count[slot]!++;
    return isNew;
  }

  /** The slot where a run is, or would be. */
  #probe(low: number, high: number): number {
    const mask = this.count.length - 1;
    let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0xc2b2ae35);
    let slot = (hash ^ (hash >>> 16)) & mask;
    while (this.count[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [low, high, count, followed, distinct] = [
      this.#low,
      this.#high,
      this.count,
      this.followed,
      this.distinct,
    ];
    const size = count.length * 2;
    this.#low = new Uint32Array(size);
    this.#high = new Uint32Array(size);
    this.count = new Uint32Array(size);
    this.followed = new Uint32Array(size);
    this.distinct = new Uint32Array(size);
    for (let old = 0; old < count.length; old++) {
      if (count[old] === 0) continue;
      const slot = this.#probe(low[old]!, high[old]!);
      this.#low[slot] = low[old]!;
      this.#high[slot] = high[old]!;
      this.count[slot] = count[old]!;
      this.followed[slot] = followed[old]!;
      this.distinct[slot] = distinct[old]!;
    }
  }
}

/** The bytes before a place as two numbers: the last four, and those before them. */
class LastBytes {
  #low = 0;
  #high = 0;

  push(byte: number): void {
    this.#high = ((this.#high << 8) | (this.#low >>> 24)) >>> 0;
    this.#low = ((this.#low << 8) | byte) >>> 0;
  }

  /** The last `length` bytes, of which at most four count. */
  low(length: number): number {
    return length >= 4 ? this.#low : (this.#low & ((1 << (8 * length)) - 1)) >>> 0;
  }

  /** The bytes before the last four, of the last `length`. */
  high(length: number): number {
    return length <= 4 ? 0 : (this.#high & ((1 << (8 * (length - 4))) - 1)) >>> 0;
  }
}

/** The largest number of bytes that a byte can be predicted from. */
export const largestOrder = 6;

/** The counts of a text, from which its runs of bytes are predicted by Witten and Bell's smoothing. */
export class ByteCounts {
  readonly #order: number;
  /** By the length of runs, from 0. */
  readonly #tables: readonly RunTable[];

  constructor(order: number) {
    this.#order = order;
    this.#tables = Array.from({ length: order + 2 }, () => new RunTable());
    // The run of no bytes is the context of every byte.
    this.#tables[0]!.add(0, 0);
  }

  /** Counts all runs of a text. */
  count(bytes: Uint8Array): void {
    const last = new LastBytes();
    const contexts = new Int32Array(this.#order + 1);
    for (let index = 0; index < bytes.length; index++) {
      const longest = Math.min(this.#order, index);
      // The slots of the contexts are found before the byte joins them.
      for (let length = 0; length <= longest; length++) contexts[length] = this.#slot(length, last);
      last.push(bytes[index]!);
      // The longest first: a table moves its slots when it grows, which it may when a context of the next length is added.
      for (let length = longest; length >= 0; length--) this.#addFollower(length, contexts[length]!, last);
    }
  }

  #addFollower(length: number, slot: number, last: LastBytes): void {
    const table = this.#tables[length]!;
    table.followed[slot]!++;
    if (this.#tables[length + 1]!.add(last.low(length + 1), last.high(length + 1))) table.distinct[slot]!++;
  }

  /**
   * The mean bits of the bytes of a text but the first `order`, each from the `order` bytes before it. The shortest
   * context's share goes to `alphabet` bytes alike.
   */
  bitsPerByte(bytes: Uint8Array, order: number, alphabet: number): number {
    const last = new LastBytes();
    let bits = 0;
    for (let index = 0; index < bytes.length; index++) {
      if (index >= order) bits -= Math.log2(this.#chance(bytes[index]!, last, order, alphabet));
      last.push(bytes[index]!);
    }
    return bits / (bytes.length - order);
  }

  /** (count + distinct followers · chance after the shorter context) ÷ (total + distinct followers), down to 1 ÷ alphabet. */
  #chance(byte: number, last: LastBytes, order: number, alphabet: number): number {
    let chance = 1 / alphabet;
    for (let length = 0; length <= order; length++) {
      const slot = this.#slot(length, last);
      const table = this.#tables[length]!;
      if (slot < 0 || table.followed[slot] === 0) break;
      const [total, distinct] = [table.followed[slot]!, table.distinct[slot]!];
      chance = (this.#countAfter(length, last, byte) + distinct * chance) / (total + distinct);
    }
    return chance;
  }

  #countAfter(length: number, last: LastBytes, byte: number): number {
    const table = this.#tables[length + 1]!;
    const low = ((last.low(Math.min(length, 3)) << 8) | byte) >>> 0;
    const high = length < 4 ? 0 : ((last.high(length) << 8) | (last.low(4) >>> 24)) >>> 0;
    const slot = table.find(low, high);
    return slot < 0 ? 0 : table.count[slot]!;
  }

  #slot(length: number, last: LastBytes): number {
    return this.#tables[length]!.find(last.low(length), last.high(length));
  }
}
