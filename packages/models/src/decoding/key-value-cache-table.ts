/** Whole numbers by whole numbers >= 0 in flat memory, by open addressing: a cache asks it for every row a token reads. */

const smallest = 16;
/** 2³² ÷ the golden ratio, odd: multiples of neighbouring and of evenly spaced keys spread evenly (Knuth, section 6.4). */
const golden = 0x9e3779b1;

/** A table of int32 keys >= 0 and int32 values >= 0. */
export class IntegerTable {
  #keys = new Int32Array(smallest).fill(-1);
  #values = new Int32Array(smallest);
  #size = 0;

  /** A table of the same content that shares nothing with this one. */
  copy(): IntegerTable {
    const table = new IntegerTable();
    table.#keys = this.#keys.slice();
    table.#values = this.#values.slice();
    table.#size = this.#size;
    return table;
  }

  /** The value of a key; −1 if it has none. */
  get(key: number): number {
    const place = this.#placeOf(key);
    return this.#keys[place] === key ? this.#values[place]! : -1;
  }

  /** Gives a key a value, whether or not it had one. */
  set(key: number, value: number): void {
    let place = this.#placeOf(key);
    if (this.#keys[place] !== key) {
      if (2 * (this.#size + 1) > this.#keys.length) {
        this.#grow();
        place = this.#placeOf(key);
      }
      this.#keys[place] = key;
      this.#size++;
    }
    this.#values[place] = value;
  }

  /** Takes a key out, if it is there. Those behind move up, so that no search meets a gap before what it looks for. */
  delete(key: number): void {
    let gap = this.#placeOf(key);
    if (this.#keys[gap] !== key) return;
    const last = this.#keys.length - 1;
    for (let place = (gap + 1) & last; this.#keys[place] !== -1; place = (place + 1) & last) {
      const home = this.#homeOf(this.#keys[place]!);
      if (((place - home) & last) < ((place - gap) & last)) continue;
      this.#keys[gap] = this.#keys[place]!;
      this.#values[gap] = this.#values[place]!;
      gap = place;
    }
    this.#keys[gap] = -1;
    this.#size--;
  }

  #homeOf(key: number): number {
    return Math.imul(key, golden) >>> (Math.clz32(this.#keys.length) + 1);
  }

  /** Where a key is, or would be. */
  #placeOf(key: number): number {
    const last = this.#keys.length - 1;
    let place = this.#homeOf(key);
    while (this.#keys[place] !== key && this.#keys[place] !== -1) place = (place + 1) & last;
    return place;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Int32Array(2 * keys.length).fill(-1);
    this.#values = new Int32Array(2 * keys.length);
    for (let from = 0; from < keys.length; from++) {
      if (keys[from] === -1) continue;
      const place = this.#placeOf(keys[from]!);
      this.#keys[place] = keys[from]!;
      this.#values[place] = values[from]!;
    }
  }
}
