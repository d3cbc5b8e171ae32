/**
 * Decoding token by token with cached keys and values.
 *
 * A token costs the keys that its pattern shows, not the length: the attention of one query is a plain loop over the
 * cached rows it sees, and a row is dropped when no later query can see it. Matrices run on the engine.
 */
import { sparseAttention } from '@sparse-transformers/kernels';
import type { Projections } from '@sparse-transformers/layers';
import type { Pattern } from '@sparse-transformers/patterns';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  add,
  gather,
  reshape,
  slice,
  tensor1d,
  tensor2d,
  tensor4d,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import { attendRows } from './attend-rows.ts';
import { type CachedRow, KeyValueCache } from './key-value-cache.ts';
import { patternOfLayer, type SparseTransformer } from './sparse-transformer.ts';

/** Several sequences being decoded side by side; each may have another length. */
export interface Decoder {
  /** Tokens seen so far, one number a sequence. */
  readonly lengths: readonly number[];
  /** Rows of keys and values held, over all layers and sequences: those that later tokens can still see. */
  readonly cachedRows: number;
  /** Rows of keys that the last `step` read, over all layers and sequences; a row counts once a head that reads it. */
  readonly rowsRead: number;
  /**
   * Adds one token to each sequence; gives the logits of the next, `[V]` a sequence.
   *
   * @param tokens token ids, one a sequence
   * @throws RangeError for a wrong number of tokens, a token outside the vocabulary, or a sequence as long as the model;
   *   nothing has changed then
   */
  step(tokens: ArrayLike<number>): Float32Array[];
}

/** A decoder that has read its prompts. */
export interface StartedDecoder {
  /** Goes on from the prompts. */
  readonly decoder: Decoder;
  /** Of each prompt's next token, `[V]`. */
  readonly logits: Float32Array[];
}

/**
 * Reads the prompts in one forward pass, and gives the decoder and the logits of each prompt's next token, `[V]` a prompt.
 *
 * @param prompts token ids, one list a sequence; of unequal lengths if you like, none empty
 * @throws RangeError for an empty prompt, one longer than the model, or a token outside the vocabulary
 */
export function startDecoder(
  model: SparseTransformer,
  prompts: readonly ArrayLike<number>[],
): StartedDecoder {
  checkPrompts(model, prompts);
  const decoder = new CachedDecoder(
    model,
    prompts.map(({ length }) => length),
  );
  return { decoder, logits: decoder.readPrompts(prompts) };
}

class CachedDecoder implements Decoder {
  readonly #model: SparseTransformer;
  readonly #lengths: number[];
  /** `[layer][sequence]` */
  readonly #caches: KeyValueCache[][];
  rowsRead = 0;

  constructor(model: SparseTransformer, lengths: number[]) {
    this.#model = model;
    this.#lengths = lengths;
    this.#caches = model.parts.blocks.map(() => lengths.map(() => new KeyValueCache()));
  }

  get lengths(): readonly number[] {
    return this.#lengths;
  }

  get cachedRows(): number {
    return this.#caches.flat().reduce((sum, { size }) => sum + size, 0);
  }

  /** Prompts are padded behind their ends, where causal patterns never look. */
  readPrompts(prompts: readonly ArrayLike<number>[]): Float32Array[] {
    const longest = Math.max(...this.#lengths);
    const padded = prompts.flatMap((prompt) => Array.from({ length: longest }, (_, i) => prompt[i] ?? 0));
    return tidy(() => {
      const tokens = tensor2d(padded, [prompts.length, longest], 'int32');
      let x = this.#model.parts.embed(tokens, range(longest)); // [B, n, d]
      for (const layer of this.#caches.keys()) {
        const { q, k, v } = this.#project(layer, x);
        this.#keepPrompts(layer, k, v);
        x = this.#finishBlock(layer, x, sparseAttention(q, k, v, this.#patternOf(layer)));
      }
      return this.#logitsOf(x, (length, sequence) => sequence * longest + length - 1);
    });
  }

  step(tokens: ArrayLike<number>): Float32Array[] {
    checkStep(this.#model, this.#lengths, tokens);
    this.rowsRead = 0;
    const logits = tidy(() => {
      let x = this.#embed(tokens); // [B, 1, d]
      for (const layer of this.#caches.keys()) {
        const projections = this.#project(layer, x);
        const attended = tensor4d(this.#attend(layer, projections), projections.q.shape);
        x = this.#finishBlock(layer, x, attended);
      }
      return this.#logitsOf(x, (_, sequence) => sequence);
    });
    for (const sequence of this.#lengths.keys()) this.#lengths[sequence]!++;
    return logits;
  }

  #patternOf(layer: number): Pattern {
    return patternOfLayer(this.#model.config, layer);
  }

  /** Each sequence's token at its own position: `[B, 1, d]`. */
  #embed(tokens: ArrayLike<number>): Tensor3D {
    // The positions of one sequence may be any, so the batch is embedded as one sequence.
    const row = tensor2d(Array.from(tokens), [1, tokens.length], 'int32');
    const x = this.#model.parts.embed(row, Int32Array.from(this.#lengths)); // [1, B, d]
    return reshape(x, [tokens.length, 1, this.#model.config.width]);
  }

  #project(layer: number, x: Tensor3D): Projections {
    const { attention, attentionNorm } = this.#model.parts.blocks[layer]!.parts;
    return attention.project(attentionNorm.apply(x) as Tensor3D);
  }

  #finishBlock(layer: number, x: Tensor3D, attended: Tensor4D): Tensor3D {
    const { attention, feedForward, feedForwardNorm } = this.#model.parts.blocks[layer]!.parts;
    const afterAttention = add<Tensor3D>(x, attention.merge(attended));
    return add(afterAttention, feedForward.apply(feedForwardNorm.apply(afterAttention)));
  }

  /** The logits of one row of x `[B, n, d]` a sequence; rows are counted through the batch. */
  #logitsOf(x: Tensor3D, rowToRead: (length: number, sequence: number) => number): Float32Array[] {
    const { width, vocabulary } = this.#model.config;
    const last = gather(reshape(x, [-1, width]), tensor1d(this.#lengths.map(rowToRead), 'int32')); // [B, d]
    const logits = this.#model.parts.logits(last).dataSync<'float32'>(); // [B, V]
    return this.#lengths.map((_, sequence) => rowOf(logits, sequence, vocabulary).slice());
  }

  /** Caches the rows of each prompt that its next token, or a later one, may see. */
  #keepPrompts(layer: number, k: Tensor4D, v: Tensor4D): void {
    const pattern = this.#patternOf(layer);
    this.#lengths.forEach((length, sequence) => {
      const ofPrompt = (x: Tensor4D) => hostRows(slice(x, [sequence, 0, 0, 0], [1, -1, length, -1]));
      const [keys, values] = [ofPrompt(k), ofPrompt(v)];
      for (let position = 0; position < length; position++) {
        const lastQuery = pattern.lastQuery(position);
        if (lastQuery < length) continue;
        this.#caches[layer]![sequence]!.add(position, this.#cachedRow(keys, values, position), lastQuery);
      }
    });
  }

  /** Attention of one new query in each sequence: `[B·d]`, heads side by side. */
  #attend(layer: number, { q, k, v }: Projections): Float32Array {
    const { width } = this.#model.config;
    const [queries, keys, values] = [hostRows(q), hostRows(k), hostRows(v)];
    const attended = new Float32Array(queries.length);
    this.#lengths.forEach((position, sequence) => {
      const cache = this.#caches[layer]![sequence]!;
      const lastQuery = this.#patternOf(layer).lastQuery(position);
      if (lastQuery >= position) cache.add(position, this.#cachedRow(keys, values, sequence), lastQuery);
      const query = rowOf(queries, sequence, width);
      this.#attendHeads(layer, position, cache, query, rowOf(attended, sequence, width));
      cache.finish(position);
    });
    return attended;
  }

  #attendHeads(
    layer: number,
    position: number,
    cache: KeyValueCache,
    query: Float32Array,
    result: Float32Array,
  ): void {
    const { width, heads } = this.#model.config;
    const pattern = this.#patternOf(layer);
    const shared = pattern.heads ? null : cache.rows(pattern.keys(position));
    for (let head = 0; head < heads; head++) {
      const rows = shared ?? cache.rows(pattern.heads![head]!.keys(position));
      attendRows(query, rows, { first: (head * width) / heads, headDim: width / heads }, result);
      this.rowsRead += rows.length;
    }
  }

  #cachedRow(keys: Float32Array, values: Float32Array, row: number): CachedRow {
    const { width } = this.#model.config;
    return { key: rowOf(keys, row, width).slice(), value: rowOf(values, row, width).slice() };
  }
}

/** `[B, H, n, D]` as rows `[B·n, d]` on the host, heads side by side. */
function hostRows(x: Tensor4D): Float32Array {
  return tidy(() => transpose(x, [0, 2, 1, 3]).dataSync<'float32'>());
}

/** A view of one row of `[rows, width]`. */
function rowOf(rows: Float32Array, row: number, width: number): Float32Array {
  return rows.subarray(row * width, (row + 1) * width);
}

function range(length: number): Int32Array {
  return Int32Array.from({ length }, (_, index) => index);
}

function checkPrompts({ config }: SparseTransformer, prompts: readonly ArrayLike<number>[]): void {
  if (prompts.length === 0)
    throw new RangeError('startDecoder: at least one prompt is needed, but none came.');
  prompts.forEach((prompt, index) => {
    if (prompt.length === 0 || prompt.length > config.length) {
      throw new RangeError(
        `startDecoder: prompt ${index} must have 1 to ${config.length} tokens, the model's length, but has ${prompt.length}.`,
      );
    }
    checkTokens(`startDecoder: prompt ${index}`, prompt, config.vocabulary);
  });
}

function checkStep(
  { config }: SparseTransformer,
  lengths: readonly number[],
  tokens: ArrayLike<number>,
): void {
  if (tokens.length !== lengths.length) {
    throw new RangeError(
      `step: ${lengths.length} tokens are needed, one a sequence, but ${tokens.length} came.`,
    );
  }
  checkTokens('step', tokens, config.vocabulary);
  const full = lengths.findIndex((length) => length >= config.length);
  if (full < 0) return;
  throw new RangeError(
    `step: sequence ${full} has ${config.length} tokens already, the most that this model can see. ` +
      'Start a new decoder with its last tokens as the prompt.',
  );
}

function checkTokens(where: string, tokens: ArrayLike<number>, vocabulary: number): void {
  const isToken = (token: number) => Number.isInteger(token) && token >= 0 && token < vocabulary;
  const wrong = Array.from(tokens).findIndex((token) => !isToken(token));
  if (wrong < 0) return;
  throw new RangeError(
    `${where}: a token must be a whole number from 0 to ${vocabulary - 1}, but token ${wrong} is ${String(tokens[wrong])}.`,
  );
}
