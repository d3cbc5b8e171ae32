/** The ops of the model by their sizes: what each makes, keeps for its gradient, and lends while it runs on our own engines. */
import type { ShapeTape, Value } from './shape-tape.ts';

/** A matrix with its bias, if it has one. */
export interface Matrix {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Value;
  readonly bias?: Value | undefined;
}

/** Gain and bias of a norm. */
export interface Norm {
  readonly gain: Value;
  readonly bias: Value;
}

/** Sizes of one attention. */
export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  readonly length: number;
  /** Of the queries and keys, and of the values, of one head. */
  readonly headDim: number;
  readonly valueDim: number;
}

/** `Linear`: keeps x. */
export function linear(tape: ShapeTape, x: Value, { inputs, outputs, weight, bias }: Matrix): Value {
  const { ledger } = tape;
  const rows = x.numbers / inputs;
  const product = (numbers: number, ...sides: [rows: number, columns: number, depth: number]) => {
    const result = ledger.make(numbers);
    ledger.lend(panelNumbers(...sides));
    return result;
  };
  return tape.record({
    inputs: [x, weight, ...(bias ? [bias] : [])],
    output: product(rows * outputs, rows, outputs, inputs),
    saves: [x],
    back: () => [
      product(x.numbers, rows, inputs, outputs),
      product(inputs * outputs, inputs, outputs, rows),
      ...(bias ? [ledger.make(outputs)] : []),
    ],
  });
}

/** What a product packs its sides into, as the backend asks for it. */
function panelNumbers(rows: number, columns: number, depth: number): number {
  if (rows === 1 || columns === 1) return 0;
  return Math.min(depth, 512) * (Math.min(rows, 2048) + Math.min(columns, 2048) + 64);
}

/** `LayerNorm`: keeps x and not the normalised rows. */
export function layerNorm(tape: ShapeTape, x: Value, { gain, bias }: Norm): Value {
  const { ledger } = tape;
  return tape.record({
    inputs: [x, gain, bias],
    output: ledger.make(x.numbers),
    saves: [x],
    back: () => {
      const gradients = [x, gain, bias].map(({ numbers }) => ledger.make(numbers));
      ledger.lend(2 * pieces(x.numbers, gain.numbers) * gain.numbers);
      return gradients;
    },
  });
}

/** `BiasQuickGelu`: keeps x before the bias. */
export function biasQuickGelu(tape: ShapeTape, x: Value, bias: Value): Value {
  const { ledger } = tape;
  return tape.record({
    inputs: [x, bias],
    output: ledger.make(x.numbers),
    saves: [x],
    back: () => {
      const gradients = [x, bias].map(({ numbers }) => ledger.make(numbers));
      ledger.lend(pieces(x.numbers, bias.numbers) * bias.numbers);
      return gradients;
    },
  });
}

/** Sums over rows are made in pieces, side by side. */
function pieces(numbers: number, width: number): number {
  const rows = numbers / width;
  const pieceRows = Math.max(1, Math.ceil(rows / 64), Math.ceil(16_384 / width));
  return Math.ceil(rows / pieceRows);
}

/** `Reshape`: the same data. Its gradient too. */
export function reshape(tape: ShapeTape, x: Value): Value {
  const { ledger } = tape;
  return tape.record({ inputs: [x], output: ledger.share(x), back: (dy) => [ledger.share(dy)] });
}

/** Ops that make as many numbers as they get, forward and back, and keep nothing: `Transpose`, and `Dropout`, whose mask is drawn again. */
export function likeInput(tape: ShapeTape, x: Value): Value {
  const { ledger } = tape;
  return tape.record({ inputs: [x], output: ledger.make(x.numbers), back: () => [ledger.make(x.numbers)] });
}

/** `Add`: the gradient goes to both, as it is; summed where one was repeated. */
export function add(tape: ShapeTape, a: Value, b: Value): Value {
  const { ledger } = tape;
  const output = ledger.make(Math.max(a.numbers, b.numbers));
  const gradient = (dy: Value, to: Value) =>
    to.numbers === output.numbers ? ledger.share(dy) : ledger.make(to.numbers);
  return tape.record({ inputs: [a, b], output, back: (dy) => [gradient(dy, a), gradient(dy, b)] });
}

/** Ops that make tensors of other sizes, and a gradient of each input's size: `Embedding`, `Concat`, `Tile`. */
export function resized(tape: ShapeTape, inputs: readonly Value[], numbers: number): Value {
  const { ledger } = tape;
  return tape.record({
    inputs,
    output: ledger.make(numbers),
    back: () => inputs.map((input) => ledger.make(input.numbers)),
  });
}

/** `SparseAttention`: keeps q, k, v, output and log-sum-exp in two parts, and no scores. */
export function attention(
  tape: ShapeTape,
  [q, k, v]: readonly [Value, Value, Value],
  shape: AttentionShape,
): Value {
  const { ledger } = tape;
  const { headDim, valueDim } = shape;
  const rows = shape.batch * shape.heads * shape.length;
  const padded = Math.ceil(headDim / 16) * 16;
  const output = ledger.make(rows * valueDim);
  const [logSumExp, logSumExpRest] = [ledger.make(rows), ledger.make(rows)];
  ledger.lend(attentionScratch(64 * 64 + 128 * (headDim + valueDim)));
  tape.record({
    inputs: [q, k, v],
    output,
    saves: [q, k, v, output, logSumExp, logSumExpRest],
    back: () => {
      const noGradients = [ledger.make(rows), ledger.make(rows)]; // of the log-sum-exp, which nobody used
      const gradients = [q, k, v].map(({ numbers }) => ledger.make(numbers));
      ledger.lend(rows + attentionScratch(2 * 64 * 64 + 64 * (3 * (headDim + valueDim) + 2 * padded)));
      for (const unused of noGradients) ledger.release(unused);
      return gradients;
    },
  });
  ledger.release(logSumExp);
  ledger.release(logSumExpRest);
  return output;
}

/** Threads have room for so much themselves; beyond it there are 16 pieces of scratch memory. */
function attentionScratch(numbers: number): number {
  return numbers <= 65_536 ? 0 : 16 * numbers;
}

/** `CrossEntropy`, then `Mean`: keep the logits, and lend three times as many numbers as there are targets. */
export function meanCrossEntropy(tape: ShapeTape, logits: Value, targets: Value): Value {
  const { ledger } = tape;
  const losses = tape.record({
    inputs: [logits],
    output: ledger.make(targets.numbers),
    saves: [logits, targets],
    back: () => [ledger.make(logits.numbers)],
  });
  const mean = tape.record({
    inputs: [losses],
    output: ledger.make(1),
    back: () => {
      const [ones, product] = [ledger.make(targets.numbers), ledger.make(targets.numbers)];
      const gradient = ledger.make(targets.numbers);
      ledger.release(ones, product);
      return [gradient];
    },
  });
  ledger.release(losses);
  return mean;
}

/** `recompute`: keeps x alone; back, `run` goes forward again with a tape, and back on it. */
export function recomputed(
  tape: ShapeTape,
  makeTape: (isOn: boolean) => ShapeTape,
  { x, weights, run }: { x: Value; weights: readonly Value[]; run: (tape: ShapeTape, x: Value) => Value },
): Value {
  const { ledger } = tape;
  return tape.record({
    inputs: [x, ...weights],
    output: run(makeTape(false), x),
    saves: [x],
    back: (dy) => {
      const inner = makeTape(true);
      const value = run(inner, x);
      const gradients = inner.walkBack(value, ledger.share(dy), [x, ...weights]);
      ledger.release(value);
      return gradients;
    },
  });
}
