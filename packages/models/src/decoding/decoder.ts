/**
 * Decoding token by token with cached keys and values.
 *
 * A token costs the keys that its pattern shows, not the length: the attention of one query is a plain loop over the
 * cached rows it sees, and a row is dropped when no later query can see it. Matrices run on the engine, whose numbers are waited for:
 * a GPU in a browser can't be read at once.
 */
import { sparseAttention } from '@sparse-transformers/kernels';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  add,
  dispose,
  gather,
  reshape,
  slice,
  tensor1d,
  tensor2d,
  tensor4d,
  tidy,
} from '@tensorflow/tfjs-core';
import { patternOfLayer, type SparseTransformer } from '../sparse-transformer/index.ts';
import { checkPrompts, checkStep } from './decoder-checks.ts';
import { type DecoderLayout, layoutOf } from './decoder-layout.ts';
import { SequenceCache } from './decoder-sequence.ts';
import { hostNumbers, onHost } from './on-host.ts';

/** Tokens that are being gone on from. Made by a {@link Decoder}, and known to it alone. */
export interface Sequence {
  /** Tokens read so far. */
  readonly length: number;
}

/** A sequence that has read its prompt. */
export interface OpenedSequence {
  /** Goes on from the prompt. */
  readonly sequence: Sequence;
  /** Of the next token, `[V]`. */
  readonly logits: Float32Array;
}

/** Goes on from any number of sequences, those of one call side by side; each may have another length. */
export interface Decoder {
  /** Rows of keys and values held for all open sequences, over all layers; a row counts once a head that can still see it. */
  readonly cachedRows: number;
  /** Rows of keys that the last `step` read, over all layers and its sequences; a row counts once a head that reads it. */
  readonly rowsRead: number;
  /**
   * Reads prompts in one forward pass; gives a sequence and the logits of the next token for each.
   *
   * @param prompts token ids, of unequal lengths if you like; empty ones only if the model has a learned start vector
   * @throws RangeError for no prompts, one that the model can't go on from, or a token outside the vocabulary
   */
  open(prompts: readonly ArrayLike<number>[]): Promise<OpenedSequence[]>;
  /**
   * Another sequence with the same tokens, that shares nothing with the first: for several samples of one prompt.
   *
   * @throws RangeError for a sequence that isn't open here, or is in a step that isn't done
   */
  fork(sequence: Sequence): Sequence;
  /**
   * Adds one token to each of these sequences; gives the logits of the next, `[V]` each.
   *
   * @param sequences any of those open, each once; the others stay as they are
   * @param tokens token ids, one a sequence
   * @throws RangeError for a wrong number of tokens, a token outside the vocabulary, a sequence that isn't open here,
   *   comes twice, is as long as the model goes or in another step that isn't done: nothing has changed then. If the
   *   engine itself fails, the sequences of this call are closed
   */
  step(sequences: readonly Sequence[], tokens: ArrayLike<number>): Promise<Float32Array[]>;
  /** Forgets a sequence and frees its cache, whatever step it is in; nothing happens if it was closed before. */
  close(sequence: Sequence): void;
}

/** Makes a decoder for a model. It holds memory only for the sequences that are open, and no tensors. */
export function createDecoder(model: SparseTransformer): Decoder {
  return new CachedDecoder(model);
}

/** What the decoder hands out: the cache behind it stays with the decoder. */
class CachedSequence implements Sequence {
  length: number;

  constructor(length: number) {
    this.length = length;
  }
}

/** A sequence of a call with its cache. */
interface OpenSequence {
  readonly sequence: CachedSequence;
  readonly cache: SequenceCache;
  /** True while a step of it waits for the engine. */
  isInStep: boolean;
}

class CachedDecoder implements Decoder {
  readonly #model: SparseTransformer;
  readonly #layout: DecoderLayout;
  readonly #open = new Map<Sequence, OpenSequence>();
  rowsRead = 0;

  constructor(model: SparseTransformer) {
    this.#model = model;
    this.#layout = layoutOf(model.config);
  }

  get cachedRows(): number {
    return [...this.#open.values()].reduce((sum, { cache }) => sum + cache.rows, 0);
  }

  async open(prompts: readonly ArrayLike<number>[]): Promise<OpenedSequence[]> {
    const { config } = this.#model;
    checkPrompts(config, prompts);
    const opened = prompts.map(({ length }) => ({
      sequence: new CachedSequence(length),
      cache: new SequenceCache(this.#layout, config.length),
      isInStep: false,
    }));
    const logits = await this.#readPrompts(
      prompts,
      opened.map(({ cache }) => cache),
    );
    for (const one of opened) this.#open.set(one.sequence, one);
    return opened.map(({ sequence }, index) => ({ sequence, logits: logits[index]! }));
  }

  fork(sequence: Sequence): Sequence {
    const copy = new CachedSequence(sequence.length);
    const cache = this.#find('fork', sequence).cache.copy();
    this.#open.set(copy, { sequence: copy, cache, isInStep: false });
    return copy;
  }

  async step(sequences: readonly Sequence[], tokens: ArrayLike<number>): Promise<Float32Array[]> {
    const open = sequences.map((sequence) => this.#find('step', sequence));
    checkDifferent(sequences);
    checkStep(
      this.#model.config,
      sequences.map(({ length }) => length),
      tokens,
    );
    this.rowsRead = 0;
    if (open.length === 0) return [];
    for (const one of open) one.isInStep = true;
    try {
      const logits = await this.#addTokens(open, tokens);
      for (const { sequence } of open) sequence.length++;
      return logits;
    } catch (error) {
      for (const { sequence } of open) this.close(sequence);
      throw error;
    } finally {
      for (const one of open) one.isInStep = false;
    }
  }

  close(sequence: Sequence): void {
    this.#open.delete(sequence);
  }

  #find(where: string, sequence: Sequence): OpenSequence {
    const found = this.#open.get(sequence);
    if (found === undefined) {
      throw new RangeError(
        `${where}: this sequence is not open here: it was closed, or is of another decoder.`,
      );
    }
    if (!found.isInStep) return found;
    throw new RangeError(`${where}: this sequence is in a step that isn't done. Await that step first.`);
  }

  /** Prompts are padded behind their ends, where causal patterns never look. */
  async #readPrompts(
    prompts: readonly ArrayLike<number>[],
    caches: readonly SequenceCache[],
  ): Promise<Float32Array[]> {
    const longest = Math.max(...prompts.map(({ length }) => length));
    const padded = new Int32Array(prompts.length * longest);
    for (const [index, prompt] of prompts.entries()) padded.set(Array.from(prompt), index * longest);
    let x = tidy(() => this.#model.parts.embedSequence(tensor2d(padded, [prompts.length, longest], 'int32'))); // [B, slots, d]
    try {
      const slots = x.shape[1];
      const kept = caches.map((cache, index) => cache.beginPrompt(prompts[index]!.length + slots - longest));
      // Layer by layer: a long prompt's tensors must not wait for the last layer to be freed.
      for (const layer of this.#layout.layers.keys()) {
        const below = x;
        x = await this.#readLayer(layer, below, caches, kept);
        dispose(below);
      }
      return await this.#logitsOf(
        x,
        caches.map((cache, index) => index * slots + cache.slots - 1),
      );
    } finally {
      dispose(x);
    }
  }

  async #readLayer(
    layer: number,
    x: Tensor3D,
    caches: readonly SequenceCache[],
    kept: readonly (readonly Int32Array[])[],
  ): Promise<Tensor3D> {
    const [q, k, v] = this.#project(layer, x);
    try {
      for (const [index, cache] of caches.entries()) {
        await this.#keepPrompt(layer, cache, kept[index]!, { k, v, sequence: index });
      }
      const pattern = patternOfLayer(this.#model.config, layer);
      return tidy(() => this.#finishBlock(layer, x, sparseAttention(q, k, v, pattern)));
    } finally {
      dispose([q, k, v]);
    }
  }

  /** Brings to the host only the rows that a later token may see. */
  async #keepPrompt(
    layer: number,
    cache: SequenceCache,
    kept: readonly Int32Array[],
    { k, v, sequence }: { readonly k: Tensor4D; readonly v: Tensor4D; readonly sequence: number },
  ): Promise<void> {
    const widths = { keyWidth: k.shape[3], valueWidth: v.shape[3] };
    for (const { pattern, heads } of this.#layout.layers[layer]!) {
      const slots = kept[pattern]!;
      const [keys, values] = await Promise.all([k, v].map((all) => hostRows(all, sequence, heads, slots)));
      heads.forEach((head, place) => {
        const [key, value] = [slots.length * widths.keyWidth, slots.length * widths.valueWidth];
        cache.keepPrompt(
          layer,
          head,
          widths,
          keys!.subarray(place * key, (place + 1) * key),
          values!.subarray(place * value, (place + 1) * value),
        );
      });
    }
  }

  async #addTokens(open: readonly OpenSequence[], tokens: ArrayLike<number>): Promise<Float32Array[]> {
    for (const { cache } of open) this.rowsRead += cache.beginSlot();
    let x = tidy(() => this.#embed(open, tokens)); // [B, 1, d]
    try {
      for (const layer of this.#layout.layers.keys()) {
        const below = x;
        x = await this.#stepLayer(layer, below, open);
        dispose(below);
      }
      return await this.#logitsOf(x, [...open.keys()]);
    } finally {
      dispose(x);
      for (const { cache } of open) cache.finishSlot();
    }
  }

  async #stepLayer(layer: number, x: Tensor3D, open: readonly OpenSequence[]): Promise<Tensor3D> {
    const [q, k, v] = this.#project(layer, x);
    const { shape } = v;
    const cells = await hostNumbers([q, k, v]);
    const attended = this.#attend(layer, open, cells);
    return tidy(() => this.#finishBlock(layer, x, tensor4d(attended, shape)));
  }

  /** Each sequence's token at its own position: `[B, 1, d]`. */
  #embed(open: readonly OpenSequence[], tokens: ArrayLike<number>): Tensor3D {
    // The positions of one sequence may be any, so the batch is embedded as one sequence.
    const row = tensor2d(Int32Array.from(tokens), [1, tokens.length], 'int32');
    const positions = Int32Array.from(open, ({ sequence }) => sequence.length);
    return reshape(this.#model.parts.embed(row, positions), [tokens.length, 1, this.#model.config.width]);
  }

  /** Queries, keys and values, `[B, H, n, D]` each; the caller disposes of them. */
  #project(layer: number, x: Tensor3D): [q: Tensor4D, k: Tensor4D, v: Tensor4D] {
    const { attention, attentionNorm } = this.#model.parts.blocks[layer]!.parts;
    return tidy(() => {
      const { q, k, v } = attention.project(attentionNorm.apply(x) as Tensor3D);
      return [q, k, v];
    });
  }

  /** Attention of one new query in each sequence. With one row a sequence, [B, H, 1, D] lies in memory as [B, H·D]. */
  #attend(
    layer: number,
    open: readonly OpenSequence[],
    [queries, keys, values]: Float32Array[],
  ): Float32Array {
    const attended = new Float32Array(values!.length);
    open.forEach(({ cache }, index) => {
      const ofSequence = (cells: Float32Array) => ({
        values: cells,
        first: (index * cells.length) / open.length,
      });
      cache.attend(layer, {
        query: ofSequence(queries!),
        key: ofSequence(keys!),
        value: ofSequence(values!),
        attended: ofSequence(attended),
      });
    });
    return attended;
  }

  #finishBlock(layer: number, x: Tensor3D, attended: Tensor4D): Tensor3D {
    const { attention, feedForward, feedForwardNorm } = this.#model.parts.blocks[layer]!.parts;
    const afterAttention = add<Tensor3D>(x, attention.merge(attended));
    return add(afterAttention, feedForward.apply(feedForwardNorm.apply(afterAttention)));
  }

  /** The logits of some rows of x `[B, n, d]`; rows are counted through the batch. */
  async #logitsOf(x: Tensor3D, rows: readonly number[]): Promise<Float32Array[]> {
    const { width, vocabulary } = this.#model.config;
    const logits = await onHost(() => {
      const last = gather<Tensor2D>(reshape(x, [-1, width]), tensor1d([...rows], 'int32')); // [rows, d]
      return this.#model.parts.logits(last); // [rows, V]
    });
    return rows.map((_, index) => logits.slice(index * vocabulary, (index + 1) * vocabulary));
  }
}

/** These heads and rows of one sequence of `[B, H, n, D]`, on the host. */
async function hostRows(
  x: Tensor4D,
  sequence: number,
  heads: readonly number[],
  rows: Int32Array,
): Promise<Float32Array> {
  if (rows.length === 0) return new Float32Array(0);
  return onHost(() => {
    const [, allHeads, length, headDim] = x.shape;
    const one = slice(x, [sequence, 0, 0, 0], [1, allHeads, length, headDim]);
    const all: Tensor3D = reshape(one, [allHeads, length, headDim]);
    const ofHeads = heads.length === allHeads ? all : gather<Tensor3D>(all, tensor1d([...heads], 'int32'), 0);
    return gather(ofHeads, tensor1d(rows, 'int32'), 1);
  });
}

function checkDifferent(sequences: readonly Sequence[]): void {
  if (new Set(sequences).size === sequences.length) return;
  const twice = sequences.findIndex((sequence, index) => sequences.indexOf(sequence) < index);
  throw new RangeError(
    `step: each sequence can be given once, but number ${twice} is there before. Fork it to try two tokens.`,
  );
}
