/**
 * The memory of training, before a run: the model's ops are followed forward and back with sizes alone, and so are clipping, the optimiser
 * and validation. What each op keeps stands in `shape-ops.ts`, how the walk back frees it in `shape-tape.ts`. It holds for our own engines;
 * where ops are composed of TensorFlow.js's, attention takes more.
 */
import { patternOfLayer, type SparseTransformerConfig } from '@sparse-transformers/models';
import { compile, type Plan } from '@sparse-transformers/patterns';
import type { RunConfig } from '../configuration/index.ts';
import {
  add,
  attention,
  biasQuickGelu,
  layerNorm,
  likeInput,
  linear,
  type Matrix,
  meanCrossEntropy,
  type Norm,
  recomputed,
  reshape,
  resized,
} from './shape-ops.ts';
import { Ledger, ShapeTape, type Value } from './shape-tape.ts';

/** Bytes of training. */
export interface TrainingMemory {
  /** The weights. */
  readonly weights: number;
  /** One gradient for each weight; twice so many are there while they are clipped. */
  readonly gradients: number;
  /** What the optimiser keeps. */
  readonly optimizer: number;
  /** The running average of the weights. */
  readonly average: number;
  /** The plans of the patterns. */
  readonly plans: number;
  /** What forward keeps for backward, of one part of a batch. */
  readonly activations: number;
  /** The most at once in a step. */
  readonly stepPeak: number;
  /** The most at once in validation. */
  readonly validationPeak: number;
  /** The most at once. */
  readonly peak: number;
}

/** Parameters by part of the model. */
export interface ParameterCounts {
  /** Token and position embeddings, and the start vector. */
  readonly embeddings: number;
  /** Attention matrices. */
  readonly attention: number;
  /** Feed-forward matrices. */
  readonly feedForward: number;
  /** Norms. */
  readonly norms: number;
  /** The output matrix. */
  readonly output: number;
}

type Settings = Pick<RunConfig, 'training' | 'validation'>;

/** Follows a run of these settings. */
export function trainingMemory(model: SparseTransformerConfig, settings: Settings): TrainingMemory {
  const ledger = new Ledger();
  const sizes = (take: () => void) => {
    const before = ledger.used;
    take();
    return ledger.used - before;
  };
  let network: Network | undefined;
  const weights = sizes(() => {
    network = networkOf(ledger, model);
  });
  const own = network!.weights;
  const optimizer = sizes(() => own.map((weight) => keptByOptimizer(ledger, weight, settings)));
  const average = sizes(() => {
    if (settings.training.averageDecay > 0) for (const { value } of own) ledger.make(value.numbers);
  });
  const plans = sizes(() => distinctPlans(model).map((plan) => ledger.make(planNumbers(plan))));
  const { gradients, activations } = followStep(ledger, network!, settings);
  const stepPeak = ledger.peak;
  const validationPeak = followValidation(ledger, network!, settings);
  const peak = Math.max(stepPeak, validationPeak);
  return { weights, gradients, optimizer, average, plans, activations, stepPeak, validationPeak, peak };
}

/** The parameters of a model by part. */
export function parameterCounts(model: SparseTransformerConfig): ParameterCounts {
  const counts = { embeddings: 0, attention: 0, feedForward: 0, norms: 0, output: 0 };
  for (const { part, value } of networkOf(new Ledger(), model).weights) counts[part] += value.numbers;
  return counts;
}

/** Numbers that an optimiser keeps of a model. */
export function optimizerNumbers(model: SparseTransformerConfig, settings: Settings): number {
  const ledger = new Ledger();
  const kept = networkOf(ledger, model).weights.flatMap((weight) =>
    keptByOptimizer(ledger, weight, settings),
  );
  return kept.reduce((sum, { numbers }) => sum + numbers, 0);
}

/** A weight, its shape `[rows, columns]` (a vector has one row and no `rows`), and the part that it belongs to. */
interface Weight {
  readonly part: keyof ParameterCounts;
  readonly value: Value;
  readonly matrix: { readonly rows: number; readonly columns: number } | null;
}

interface Block {
  readonly attentionNorm: Norm;
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
  readonly output: Matrix;
  readonly feedForwardNorm: Norm;
  readonly inner: Matrix;
  readonly innerBias: Value;
  readonly outer: Matrix;
  readonly weights: readonly Value[];
}

interface Network {
  readonly model: SparseTransformerConfig;
  readonly token: Value;
  readonly positions: readonly Value[];
  readonly start: Value | null;
  readonly blocks: readonly Block[];
  readonly finalNorm: Norm;
  readonly output: Matrix;
  /** All of them, in the order of the model's own. */
  readonly weights: readonly Weight[];
}

function networkOf(ledger: Ledger, model: SparseTransformerConfig): Network {
  const { vocabulary, width, queryKeyWidth, feedForwardWidth: inner } = model;
  const weights: Weight[] = [];
  const make = (part: Weight['part'], columns: number, rows?: number): Value => {
    const value = ledger.make(columns * (rows ?? 1));
    weights.push({ part, value, matrix: rows === undefined ? null : { rows, columns } });
    return value;
  };
  const norm = (): Norm => ({ gain: make('norms', width), bias: make('norms', width) });
  const matrix = (part: Weight['part'], inputs: number, outputs: number, hasBias = true): Matrix => ({
    inputs,
    outputs,
    weight: make(part, outputs, inputs),
    bias: hasBias ? make(part, outputs) : undefined,
  });
  const token = make('embeddings', width, vocabulary);
  const positions = positionRows(model).map((rows) => make('embeddings', width, rows));
  const start = model.start === 'learned' ? make('embeddings', width) : null;
  const block = (): Block => {
    const first = weights.length;
    const parts = {
      attentionNorm: norm(),
      query: matrix('attention', width, queryKeyWidth),
      key: matrix('attention', width, queryKeyWidth),
      value: matrix('attention', width, width),
      output: matrix('attention', width, width),
      feedForwardNorm: norm(),
      inner: matrix('feedForward', width, inner, false),
      innerBias: make('feedForward', inner),
      outer: matrix('feedForward', inner, width),
    };
    return { ...parts, weights: weights.slice(first).map(({ value }) => value) };
  };
  const blocks = Array.from({ length: model.layers }, block);
  const finalNorm = norm();
  const output = matrix('output', width, vocabulary, false);
  return { model, token, positions, start, blocks, finalNorm, output, weights };
}

function positionRows({ positions, length }: SparseTransformerConfig): number[] {
  if (positions.kind === 'image') return [positions.rows, positions.columns, positions.channels];
  return [Math.ceil(length / positions.stride), positions.stride];
}

/** AdamW: two moments; Adafactor: means of rows and of columns, all of a vector, and a moment if it has one. */
function keptByOptimizer(ledger: Ledger, { value, matrix }: Weight, { training }: Settings): Value[] {
  const { numbers } = value;
  if (training.optimizer === 'adamw') return [ledger.make(numbers), ledger.make(numbers)];
  const squares = matrix ? [ledger.make(matrix.rows), ledger.make(matrix.columns)] : [ledger.make(numbers)];
  return training.beta1 > 0 ? [...squares, ledger.make(numbers)] : squares;
}

/** As the loop goes: the parts of a batch, clipping, the optimiser, the average. All that is left then was there before. */
function followStep(
  ledger: Ledger,
  network: Network,
  { training }: Settings,
): { gradients: number; activations: number } {
  const part = { batch: training.batch / training.accumulate, recompute: training.recompute };
  const before = ledger.used;
  let { gradients, activations } = gradientsOf(ledger, network, part);
  for (let index = 1; index < Math.min(training.accumulate, 3); index++) {
    const next = gradientsOf(ledger, network, part);
    gradients = gradients.map((gradient, at) => replaced(ledger, [gradient, next.gradients[at]!]));
  }
  if (training.accumulate > 1) gradients = gradients.map((gradient) => replaced(ledger, [gradient]));
  const bytes = ledger.used - before;
  const clipped = gradients.map(({ numbers }) => ledger.make(numbers));
  ledger.release(...gradients);
  for (const weight of network.weights) {
    if (training.optimizer === 'adafactor') adafactorTemporaries(ledger, weight, training);
  }
  // The average moves by three new tensors for each weight.
  if (training.averageDecay > 0)
    for (const { value } of network.weights) together(ledger, [value.numbers, value.numbers, value.numbers]);
  ledger.release(...clipped);
  return { gradients: bytes, activations };
}

/** A new tensor in place of others. */
function replaced(ledger: Ledger, values: readonly Value[]): Value {
  const result = ledger.make(values[0]!.numbers);
  ledger.release(...values);
  return result;
}

/** Tensors that are there at once for a moment. */
function together(ledger: Ledger, numbers: readonly number[]): void {
  ledger.release(...numbers.map((count) => ledger.make(count)));
}

/** All that the step of one weight makes stays until its end, beside tensors of a row or a column. */
function adafactorTemporaries(
  ledger: Ledger,
  { value: { numbers }, matrix }: Weight,
  { beta1, weightDecay }: RunConfig['training'],
): void {
  const scaled = matrix ? 3 : 7; // g², and g times two factors; a vector's whole mean of squares is blended, and scales once
  const momentum = beta1 > 0 ? 3 : 0; // kept · β, new · (1 − β), their sum
  const decayed = matrix && weightDecay > 0 ? 1 : 0;
  const made = scaled + momentum + decayed + 3; // clipping's squares, the change, the result
  // What is assigned on the way takes the place of what was there.
  const assigned = Number(beta1 > 0) + Number(matrix === null);
  together(ledger, Array<number>(made - assigned).fill(numbers));
}

function gradientsOf(
  ledger: Ledger,
  network: Network,
  { batch, recompute }: { batch: number; recompute: boolean },
): { gradients: Value[]; activations: number } {
  const tape = new ShapeTape(ledger, true);
  const before = ledger.used;
  const value = lossOf(tape, network, { batch, recompute });
  const activations = ledger.used - before;
  const gradients = tape.walkBack(
    value,
    ledger.make(1),
    network.weights.map((weight) => weight.value),
  );
  ledger.release(value);
  return { gradients, activations };
}

/** Forward without a tape; gives its peak. */
function followValidation(ledger: Ledger, network: Network, { validation }: Settings): number {
  ledger.resetPeak();
  ledger.make(validation.batch * network.model.length); // which targets count
  lossOf(new ShapeTape(ledger, false), network, { batch: validation.batch, recompute: false });
  return ledger.peak;
}

interface Pass {
  readonly batch: number;
  readonly recompute: boolean;
}

function lossOf(tape: ShapeTape, network: Network, pass: Pass): Value {
  const { ledger } = tape;
  const { length, start } = network.model;
  const inputs = ledger.make(pass.batch * (start === 'learned' ? length - 1 : length));
  const logits = logitsOf(tape, network, inputs, pass);
  const targets = ledger.make(pass.batch * length);
  const mean = meanCrossEntropy(tape, logits, targets);
  ledger.release(inputs, logits, targets);
  return mean;
}

/** The streams between the branches stay until all of forward is done. */
function logitsOf(tape: ShapeTape, network: Network, inputs: Value, { batch, recompute }: Pass): Value {
  const { ledger } = tape;
  const { blocks, finalNorm, output, model } = network;
  const streams = [embedded(tape, network, inputs, batch)];
  const makeTape = (isOn: boolean) => new ShapeTape(ledger, isOn);
  for (const block of blocks) {
    const x = streams.at(-1)!;
    const { weights } = block;
    const run = (on: ShapeTape, from: Value) => blockOf(on, block, model, from, batch);
    const runAlone = (on: ShapeTape, from: Value) => {
      const [between, result] = run(on, from);
      ledger.release(between);
      return result;
    };
    if (recompute) streams.push(recomputed(tape, makeTape, { x, weights, run: runAlone }));
    else streams.push(...run(tape, x));
  }
  const normal = layerNorm(tape, streams.at(-1)!, finalNorm);
  const logits = linear(tape, normal, output);
  ledger.release(...streams, normal);
  return logits;
}

/** Rows of tokens, rows of positions that all entries share, their sums, and the start vector before them. */
function embedded(
  tape: ShapeTape,
  { model, token, positions, start }: Network,
  inputs: Value,
  batch: number,
): Value {
  const { ledger } = tape;
  const { width } = model;
  const tokens = resized(tape, [token], inputs.numbers * width);
  const rows = positions.map((table) => resized(tape, [table], (inputs.numbers / batch) * width));
  const sums = [rows[0]!];
  for (const next of rows.slice(1)) sums.push(add(tape, sums.at(-1)!, next));
  const sum = add(tape, tokens, sums.at(-1)!);
  ledger.release(tokens, ...rows, ...sums.slice(1));
  if (start === null) return sum;
  const vector = resized(tape, [start], batch * width);
  const x = resized(tape, [vector, sum], vector.numbers + sum.numbers);
  ledger.release(vector, sum);
  return x;
}

/** Both branches, each with what it makes gone at its end: gives the streams behind the first and behind the second. */
function blockOf(
  tape: ShapeTape,
  block: Block,
  model: SparseTransformerConfig,
  x: Value,
  batch: number,
): [Value, Value] {
  const { ledger } = tape;
  const normal = layerNorm(tape, x, block.attentionNorm);
  const attended = attentionOf(tape, block, model, normal, batch);
  const changed = model.dropout > 0 ? [attended, likeInput(tape, attended)] : [attended];
  const between = add(tape, x, changed.at(-1)!);
  ledger.release(normal, ...changed);

  const secondNormal = layerNorm(tape, between, block.feedForwardNorm);
  const inner = linear(tape, secondNormal, block.inner);
  const active = biasQuickGelu(tape, inner, block.innerBias);
  const outer = linear(tape, active, block.outer);
  ledger.release(inner, active);
  const dropped = model.dropout > 0 ? [outer, likeInput(tape, outer)] : [outer];
  const result = add(tape, between, dropped.at(-1)!);
  ledger.release(secondNormal, ...dropped);
  return [between, result];
}

/** Projections turned to heads, attention, heads turned back, the output matrix. */
function attentionOf(
  tape: ShapeTape,
  block: Block,
  { heads, width, queryKeyWidth }: SparseTransformerConfig,
  x: Value,
  batch: number,
): Value {
  const { ledger } = tape;
  const project = (matrix: Matrix): Value => {
    const rows = linear(tape, x, matrix);
    const view = reshape(tape, rows);
    const turned = likeInput(tape, view);
    ledger.release(rows, view);
    return turned;
  };
  const [q, k, v] = [project(block.query), project(block.key), project(block.value)];
  const length = x.numbers / width / batch;
  const shape = { batch, heads, length, headDim: queryKeyWidth / heads, valueDim: width / heads };
  const attended = attention(tape, [q, k, v], shape);
  const turned = likeInput(tape, attended);
  const joined = reshape(tape, turned);
  const result = linear(tape, joined, block.output);
  ledger.release(q, k, v, attended, turned, joined);
  return result;
}

/** The plans of all layers, each once. */
export function distinctPlans(model: SparseTransformerConfig): Plan[] {
  const patterns = Array.from({ length: model.layers }, (_, layer) => patternOfLayer(model, layer));
  const distinct = new Map(patterns.map((pattern) => [pattern.hash ?? pattern.name, pattern]));
  return [...distinct.values()].map((pattern) => compile(pattern, { queries: model.length }));
}

/** The numbers of a plan's blocks on a device: rows, lists of runs from both sides, and masks as strips and words. */
function planNumbers({ groups }: Plan): number {
  const side = (
    rows: number,
    { tile, masks }: { tile: number; masks: { size: number } },
    lists: { pointers: Int32Array; first: Int32Array },
  ) =>
    rows + rows / tile + lists.pointers.length + 3 * lists.first.length + (masks.size + 1) * (20 + 2 * tile);
  return groups
    .flatMap(({ passes }) => passes)
    .reduce(
      (sum, pass) =>
        sum + side(pass.queryRows.length, pass, pass.byQuery) + side(pass.keyRows.length, pass, pass.byKey),
      0,
    );
}
