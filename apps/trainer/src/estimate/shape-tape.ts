/**
 * What a training step does to memory, followed without a single number: blocks and who holds them, and the tape of `differentiate`
 * (packages/kernels), whose walk back frees what it has used. Sizes are those of packages/backend's allocator.
 */

/** Memory with some holders: tensors of the same data share one. */
interface Block {
  readonly bytes: number;
  holders: number;
}

/** A tensor: so many numbers in a block. */
export interface Value {
  readonly numbers: number;
  readonly block: Block;
}

/** Counts the memory in use, and the most that ever was. */
export class Ledger {
  #used = 0;
  #peak = 0;

  /** Bytes in use. */
  get used(): number {
    return this.#used;
  }

  /** The most bytes that were in use at once. */
  get peak(): number {
    return this.#peak;
  }

  /** Lets the peak begin anew from what is in use now. */
  resetPeak(): void {
    this.#peak = this.#used;
  }

  /** A new tensor of numbers of 4 bytes. */
  make(numbers: number): Value {
    const block = { bytes: blockBytes(4 * numbers), holders: 1 };
    this.#used += block.bytes;
    this.#peak = Math.max(this.#peak, this.#used);
    return { numbers, block };
  }

  /** Another tensor of the same data. */
  share(value: Value): Value {
    value.block.holders++;
    return { ...value };
  }

  /** Ends tensors. */
  release(...values: readonly Value[]): void {
    for (const { block } of values) {
      block.holders--;
      if (block.holders === 0) this.#used -= block.bytes;
    }
  }

  /** Memory that an op uses while it runs. */
  lend(numbers: number): void {
    if (numbers > 0) this.release(this.make(numbers));
  }
}

/** The allocator gives blocks in steps of an eighth of a power of two, so that freed ones fit again; at least 64 bytes. */
function blockBytes(bytes: number): number {
  if (bytes === 0) return 0;
  const step = Math.max(64, 2 ** Math.floor(Math.log2(bytes - 1)) / 8);
  return Math.ceil(bytes / step) * step;
}

/** An op on the tape. */
interface Node {
  readonly inputs: readonly Value[];
  readonly output: Value;
  /** What is kept for its gradient. */
  readonly saved: readonly Value[];
  /** Makes the gradients of the inputs, in their order, from that of the output, which stays. */
  readonly back: (dy: Value) => Value[];
}

/** An op as it is written down: what is saved is shared, not taken over. */
export type Op = Omit<Node, 'saved'> & { readonly saves?: readonly Value[] };

/** The tape of one run of a function. Off, it keeps nothing, as TensorFlow.js does within an op and without gradients. */
export class ShapeTape {
  readonly ledger: Ledger;
  readonly isOn: boolean;
  readonly #nodes: Node[] = [];

  constructor(ledger: Ledger, isOn: boolean) {
    this.ledger = ledger;
    this.isOn = isOn;
  }

  /** Writes an op down and gives its output. */
  record({ saves = [], ...node }: Op): Value {
    if (this.isOn) this.#nodes.push({ ...node, saved: saves.map((value) => this.ledger.share(value)) });
    return node.output;
  }

  /** The gradients of `wanted`, in their order. `dy`, the gradient of the value, is used up. */
  walkBack(value: Value, dy: Value, wanted: readonly Value[]): Value[] {
    const { ledger } = this;
    const gradients = new Map<Value, Value>([[value, dy]]);
    for (const { inputs, output, saved, back } of this.#nodes.reverse()) {
      const own = gradients.get(output)!;
      for (const [index, gradient] of back(own).entries()) this.#add(gradients, inputs[index]!, gradient);
      gradients.delete(output);
      ledger.release(own, ...saved);
    }
    return wanted.map((input) => gradients.get(input)!);
  }

  #add(gradients: Map<Value, Value>, input: Value, gradient: Value): void {
    const before = gradients.get(input);
    gradients.set(input, before ? this.ledger.make(input.numbers) : gradient);
    if (before) this.ledger.release(before, gradient);
  }
}
