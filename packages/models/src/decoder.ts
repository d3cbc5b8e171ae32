/**
 * Decoding token by token with cached keys and values.
 *
 * A token costs the keys that its pattern shows, not the length: the attention of one query is a plain loop over the cached rows it sees,
 * and a row is dropped when no later query can see it. Matrices run on the engine.
 */
import { sparseAttention } from '@sparse-transformers/kernels';
import type { Pattern } from '@sparse-transformers/patterns';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  add,
  concat,
  gather,
  reshape,
  slice,
  tensor1d,
  tensor2d,
  tensor4d,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import { KeyValueCache } from './key-value-cache.ts';
import { patternOfLayer, type SparseTransformer } from './sparse-transformer.ts';

/** Several sequences being decoded side by side; each may have another length. */
export interface Decoder {
  /** Tokens seen so far, one number a sequence. */
  readonly lengths: readonly number[];
  /** Rows of keys and values held, over all layers and sequences. */
  readonly cachedRows: number;
  /** Rows of keys that the last `step` read, over all layers and sequences; a row counts once a head that reads it. */
  readonly rowsRead: number;
  /**
   * Adds one token to each sequence; gives the logits of the next, `[V]` a sequence.
   *
   * @throws RangeError for a wrong number of tokens, a token outside the vocabulary, or a sequence as long as the model
   */
  step(tokens: readonly number[]): Float32Array[];
}

/**
 * Reads the prompts in one forward pass, and gives the decoder and the logits of each prompt's next token.
 *
 * @param prompts token ids, one list a sequence; of unequal lengths if you like, none empty
 * @throws RangeError for an empty prompt, one longer than the model, or a token outside the vocabulary
 */
export function startDecoder(
  model: SparseTransformer,
  prompts: readonly (readonly number[])[],
): { decoder: Decoder; logits: Float32Array[] } {
  checkPrompts(model, prompts);
  const state = new DecoderState(model, prompts.length);
  const logits = state.readPrompts(prompts);
  return { decoder: state, logits };
}

class DecoderState implements Decoder {
  readonly #model: SparseTransformer;
  readonly #lengths: number[];
  /** `[layer][sequence]` */
  readonly #caches: KeyValueCache[][];
  rowsRead = 0;

  constructor(model: SparseTransformer, sequences: number) {
    this.#model = model;
    this.#lengths = Array.from({ length: sequences }, () => 0);
    this.#caches = Array.from({ length: model.config.layers }, () =>
      Array.from({ length: sequences }, () => new KeyValueCache()),
    );
  }

  get lengths(): readonly number[] {
    return this.#lengths;
  }

  get cachedRows(): number {
    return this.#caches.flat().reduce((sum, { size }) => sum + size, 0);
  }

  /** Prompts are padded behind their ends: causal patterns never look there. */
  readPrompts(prompts: readonly (readonly number[])[]): Float32Array[] {
    const { parts, config } = this.#model;
    const longest = Math.max(...prompts.map(({ length }) => length));
    const logits = tidy(() => {
      const padded = prompts.map((prompt) => [...prompt, ...Array<number>(longest - prompt.length).fill(0)]);
      const tokens = tensor2d(padded, [prompts.length, longest], 'int32');
      let x = parts.embed(tokens, range(longest)); // [B, n, d]
      parts.blocks.forEach((block, layer) => {
        const pattern = patternOfLayer(config, layer);
        const { q, k, v } = block.parts.attention.project(block.parts.attentionNorm.apply(x) as Tensor3D);
        this.#keepPrompts(layer, pattern, k, v, prompts);
        x = this.#finishBlock(layer, x, sparseAttention(q, k, v, pattern));
      });
      const ends = tensor1d(
        prompts.map(({ length }, sequence) => sequence * longest + length - 1),
        'int32',
      );
      return parts.logits(gather(reshape(x, [-1, config.width]), ends)).dataSync(); // [B, V]
    });
    prompts.forEach(({ length }, sequence) => {
      this.#lengths[sequence] = length;
    });
    return this.#split(logits as Float32Array);
  }

  step(tokens: readonly number[]): Float32Array[] {
    const { parts, config } = this.#model;
    checkStep(this.#model, this.#lengths, tokens);
    this.rowsRead = 0;
    const logits = tidy(() => {
      let x = this.#embed(tokens); // [B, 1, d]
      parts.blocks.forEach((block, layer) => {
        const { q, k, v } = block.parts.attention.project(block.parts.attentionNorm.apply(x) as Tensor3D);
        const attended = this.#attend(layer, hostRows(q), hostRows(k), hostRows(v));
        x = this.#finishBlock(layer, x, tensor4d(attended, q.shape));
      });
      return parts.logits(reshape(x, [-1, config.width])).dataSync();
    });
    for (const sequence of this.#lengths.keys()) this.#lengths[sequence]!++;
    return this.#split(logits as Float32Array);
  }

  /** Each sequence's token at its own position: `[B, 1, d]`. */
  #embed(tokens: readonly number[]): Tensor3D {
    const rows = tokens.map((token, sequence) =>
      this.#model.parts.embed(tensor2d([token], [1, 1], 'int32'), Int32Array.of(this.#lengths[sequence]!)),
    );
    return concat(rows, 0);
  }

  #finishBlock(layer: number, x: Tensor3D, attended: Tensor4D): Tensor3D {
    const { attention, feedForward, feedForwardNorm } = this.#model.parts.blocks[layer]!.parts;
    const afterAttention = add<Tensor3D>(x, attention.merge(attended));
    return add(afterAttention, feedForward.apply(feedForwardNorm.apply(afterAttention)));
  }

  #keepPrompts(
    layer: number,
    pattern: Pattern,
    k: Tensor4D,
    v: Tensor4D,
    prompts: readonly (readonly number[])[],
  ): void {
    prompts.forEach(({ length }, sequence) => {
      const rowsOf = (x: Tensor4D) => hostRows(slice(x, [sequence, 0, 0, 0], [1, -1, length, -1]));
      const [keys, values] = [rowsOf(k), rowsOf(v)];
      const cache = this.#caches[layer]![sequence]!;
      for (let position = 0; position < length; position++) {
        cache.add(
          position,
          rowAt(keys, values, position, this.#model.config.width),
          pattern.lastQuery(position),
        );
        cache.finish(position);
      }
    });
  }

  /** Attention of one new query in each sequence; q, k and v are `[B, d]`, heads side by side, and so is the result. */
  #attend(layer: number, q: Float32Array, k: Float32Array, v: Float32Array): Float32Array {
    const { width, heads } = this.#model.config;
    const pattern = patternOfLayer(this.#model.config, layer);
    const out = new Float32Array(q.length);
    this.#lengths.forEach((position, sequence) => {
      const cache = this.#caches[layer]![sequence]!;
      cache.add(position, rowAt(k, v, sequence, width), Math.max(pattern.lastQuery(position), position));
      const query = q.subarray(sequence * width, (sequence + 1) * width);
      const result = out.subarray(sequence * width, (sequence + 1) * width);
      const shared = pattern.heads ? null : pattern.keys(position);
      for (let head = 0; head < heads; head++) {
        const keys = shared ?? pattern.heads![head]!.keys(position);
        attendHead(cache, keys, query, result, head, width / heads);
        this.rowsRead += keys.length;
      }
      cache.finish(position);
    });
    return out;
  }

  #split(logits: Float32Array): Float32Array[] {
    const { vocabulary } = this.#model.config;
    return this.#lengths.map((_, sequence) =>
      logits.slice(sequence * vocabulary, (sequence + 1) * vocabulary),
    );
  }
}

/** Softmax attention of one head over the rows of some positions; float64 inside. */
function attendHead(
  cache: KeyValueCache,
  positions: Int32Array,
  query: Float32Array,
  result: Float32Array,
  head: number,
  headDim: number,
): void {
  const first = head * headDim;
  const rows = Array.from(positions, (position) => cache.row(position));
  const scores = rows.map(({ key }) => {
    let score = 0;
    for (let d = first; d < first + headDim; d++) score += query[d]! * key[d]!;
    return score / Math.sqrt(headDim);
  });
  const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = scores.map((score) => Math.exp(score - most));
  const total = weights.reduce((a, b) => a + b, 0);
  const weighted = new Float64Array(headDim);
  rows.forEach(({ value }, row) => {
    for (let d = 0; d < headDim; d++) weighted[d]! += weights[row]! * value[first + d]!;
  });
  // A query that sees no key gives zeros.
  for (let d = 0; d < headDim && rows.length > 0; d++) result[first + d] = weighted[d]! / total;
}

/** `[B, H, n, D]` as rows `[B·n, d]` on the host, heads side by side. */
function hostRows(x: Tensor4D): Float32Array {
  return tidy(() => transpose(x, [0, 2, 1, 3]).dataSync() as Float32Array);
}

function rowAt(keys: Float32Array, values: Float32Array, row: number, width: number) {
  const [from, to] = [row * width, (row + 1) * width];
  return { key: keys.slice(from, to), value: values.slice(from, to) };
}

function range(length: number): Int32Array {
  return Int32Array.from({ length }, (_, index) => index);
}

function checkPrompts({ config }: SparseTransformer, prompts: readonly (readonly number[])[]): void {
  if (prompts.length === 0)
    throw new RangeError('startDecoder: at least one prompt is needed, but none came.');
  prompts.forEach((prompt, index) => {
    if (prompt.length === 0 || prompt.length > config.length) {
      throw new RangeError(
        `startDecoder: prompt ${index} must have 1 to ${config.length} tokens, the model's length, but has ${prompt.length}.`,
      );
    }
    for (const token of prompt) checkToken('startDecoder', token, config.vocabulary);
  });
}

function checkStep(
  { config }: SparseTransformer,
  lengths: readonly number[],
  tokens: readonly number[],
): void {
  if (tokens.length !== lengths.length) {
    throw new RangeError(
      `step: ${lengths.length} tokens are needed, one a sequence, but ${tokens.length} came.`,
    );
  }
  for (const token of tokens) checkToken('step', token, config.vocabulary);
  if (lengths.some((length) => length >= config.length)) {
    throw new RangeError(
      `step: a sequence has ${config.length} tokens already, the most that this model can see.`,
    );
  }
}

function checkToken(where: string, token: number, vocabulary: number): void {
  if (Number.isInteger(token) && token >= 0 && token < vocabulary) return;
  throw new RangeError(
    `${where}: a token must be a whole number from 0 to ${vocabulary - 1}, but is ${token}.`,
  );
}
