/** The calls that the attention suite tries: lengths around tile edges, odd sizes, every kind of pattern, padding, documents. */
import {
  blockLocal,
  causal,
  column,
  fixed,
  full,
  local,
  perHead,
  strided,
  summary,
} from '@sparse-transformers/patterns';
import type { AttentionCall, AttentionInputs, AttentionSizes } from './dense-attention.ts';
import { randomFrom } from './random.ts';

/** A call and how its sentence ends. */
export interface AttentionCase {
  /** `for strided at 65 positions`. */
  readonly name: string;
  /** What is computed. */
  readonly call: AttentionCall;
}

const edges = [1, 63, 64, 65, 127, 128, 129];

/** H and D odd, n = m. A batch of several entries is tried where its entries differ. */
function sizes(length: number): AttentionSizes {
  return { batch: 1, heads: 3, queries: length, keys: length, headDim: 5 };
}

/** All calls whose inputs are ordinary numbers. */
export function attentionCases(): AttentionCase[] {
  return [...edgeCases(), ...patternCases(), ...crossCases(), ...batchCases()];
}

function edgeCases(): AttentionCase[] {
  return edges.flatMap((length) => [
    {
      name: `for strided at ${length} positions`,
      call: { ...sizes(length), pattern: strided({ stride: 11 }) },
    },
    {
      name: `for fixed at ${length} positions`,
      call: { ...sizes(length), pattern: fixed({ block: 16, summary: 3 }) },
    },
  ]);
}

function patternCases(): AttentionCase[] {
  const small = sizes(37);
  const slots = [0, 1, 2].map((slot) => fixed({ block: 16, summary: 2, slot }));
  return [
    { name: 'for causal', call: { ...small, pattern: causal() } },
    { name: 'for full, both directions', call: { ...small, pattern: full({ causal: false }) } },
    { name: 'for local', call: { ...small, pattern: local({ window: 7 }) } },
    { name: 'for local over two tiles', call: { ...sizes(150), pattern: local({ window: 70 }) } },
    { name: 'for local, both directions', call: { ...small, pattern: local({ window: 7, causal: false }) } },
    {
      name: 'for strided, both directions',
      call: { ...small, pattern: strided({ stride: 6, causal: false }) },
    },
    {
      name: 'for fixed, both directions',
      call: { ...small, pattern: fixed({ block: 8, summary: 1, causal: false }) },
    },
    { name: 'for column', call: { ...small, pattern: column({ stride: 50 }) } },
    { name: 'for block local', call: { ...small, pattern: blockLocal({ block: 10 }) } },
    { name: 'for a slot of summaries in each head', call: { ...small, pattern: perHead(slots) } },
    {
      name: 'for another pattern in each head',
      call: { ...small, pattern: perHead([local({ window: 4 }), column({ stride: 4 }), causal()]) },
    },
    { name: 'for a given scale', call: { ...small, pattern: causal(), scale: 0.3 } },
    {
      name: 'for wider values',
      call: { ...small, headDim: 3, valueDim: 11, pattern: strided({ stride: 6 }) },
    },
    {
      name: 'for narrower values',
      call: { ...small, headDim: 18, valueDim: 4, pattern: strided({ stride: 6 }) },
    },
    {
      name: 'for wider values, a slot of summaries in each head',
      call: { ...small, headDim: 4, valueDim: 9, pattern: perHead(slots) },
    },
    {
      name: 'for wider values, a long sequence and few heads',
      call: {
        ...small,
        heads: 1,
        queries: 129,
        keys: 129,
        headDim: 8,
        valueDim: 16,
        pattern: causal(),
      },
    },
    { name: 'for a wide head', call: { ...small, headDim: 67, pattern: strided({ stride: 6 }) } },
  ];
}

function crossCases(): AttentionCase[] {
  const few = { batch: 3, heads: 3, queries: 13, keys: 70, headDim: 7 };
  const many = { ...few, queries: 70, keys: 13 };
  return [
    { name: 'for fewer queries than keys', call: { ...few, pattern: full({ causal: false }) } },
    { name: 'for more queries than keys', call: { ...many, pattern: local({ window: 9, causal: false }) } },
    {
      name: 'for a later slice of a strided sequence',
      call: { ...few, pattern: strided({ stride: 6 }), offset: 57 },
    },
    {
      name: 'for a later slice of packed documents',
      call: {
        ...few,
        pattern: strided({ stride: 6 }),
        offset: 57,
        documents: [documentsOf(70, [70]), documentsOf(70, [60, 10]), documentsOf(70, [3, 30, 37])],
      },
    },
    {
      name: 'for a later slice of a fixed sequence',
      call: { ...few, pattern: fixed({ block: 8, summary: 2 }), offset: 50 },
    },
  ];
}

function batchCases(): AttentionCase[] {
  const small = { ...sizes(37), batch: 3 };
  const documents = [documentsOf(37, [37]), documentsOf(37, [1, 20, 16]), documentsOf(37, [12, 12, 13])];
  const pattern = strided({ stride: 6 });
  const both = fixed({ block: 8, summary: 2, causal: false });
  return [
    { name: 'for padded keys', call: { ...small, pattern, keyLengths: [37, 20, 1] } },
    { name: 'for padded keys, both directions', call: { ...small, pattern: both, keyLengths: [5, 37, 8] } },
    { name: 'for packed documents', call: { ...small, pattern, documents } },
    { name: 'for packed documents, both directions', call: { ...small, pattern: both, documents } },
    { name: 'for packed and padded keys', call: { ...small, pattern, documents, keyLengths: [30, 37, 9] } },
    {
      name: 'for padded cross-attention',
      call: { ...small, keys: 70, pattern: full({ causal: false }), keyLengths: [70, 3, 64] },
    },
  ];
}

/** Document numbers of `length` positions, from the lengths of the documents. */
function documentsOf(length: number, lengths: readonly number[]): number[] {
  const numbers = lengths.flatMap((count, document) => Array.from({ length: count }, () => document));
  return numbers.slice(0, length);
}

/** Calls in which some queries see no key at all. */
export function unseenCases(): AttentionCase[] {
  const small = { ...sizes(37), batch: 3 };
  return [
    {
      name: 'for summaries, unseen by the first queries',
      call: { ...small, pattern: summary({ block: 8, summary: 2 }) },
    },
    { name: 'for a batch entry without keys', call: { ...small, pattern: causal(), keyLengths: [37, 0, 5] } },
    {
      name: 'for wider values, unseen by the first queries',
      call: { ...small, headDim: 3, valueDim: 7, pattern: summary({ block: 8, summary: 2 }) },
    },
    {
      name: 'for a window beyond the padding',
      call: { ...small, pattern: local({ window: 4 }), keyLengths: [37, 2, 20] },
    },
  ];
}

/** Normal random q, k and v. */
export function ordinaryInputs(call: AttentionSizes): AttentionInputs {
  const { batch, heads, queries, keys, headDim, valueDim = headDim } = call;
  const random = randomFrom(queries + keys);
  return {
    q: random.normals(batch * heads * queries * headDim),
    k: random.normals(batch * heads * keys * headDim),
    v: random.normals(batch * heads * keys * valueDim),
  };
}

/** Scores up to ±10⁴, of whole numbers: float32 holds every score exactly, so that errors come from the softmax alone. */
export function hugeInputs(call: AttentionSizes): AttentionInputs {
  const { v } = ordinaryInputs(call);
  const { batch, heads, queries, keys, headDim } = call;
  const random = randomFrom(3);
  const whole = (count: number) => Float64Array.from(random.integers(count, 91), (value) => value - 45);
  const rows = batch * heads * headDim;
  return { q: whole(rows * queries), k: whole(rows * keys), v };
}

/**
 * Scores up to ±10⁷ that differ by 0 to 3 in a row: whole numbers, which float32 holds exactly, where it has no room for the digits of a
 * log-sum-exp.
 */
export function farInputs(call: AttentionSizes): AttentionInputs {
  const { v } = ordinaryInputs(call);
  const { batch, heads, queries, keys, headDim } = call;
  const random = randomFrom(4);
  const rows = (count: number, rowOf: () => number[]) =>
    Float64Array.from(Array.from({ length: batch * heads * count }, rowOf).flat());
  const zeros = new Array<number>(headDim - 2).fill(0);
  const [far] = random.integers(1, 4000);
  return {
    q: rows(queries, () => [random.integers(1, 4001)[0]! - 2000, 1, ...zeros]),
    k: rows(keys, () => [far! + 1000, random.integers(1, 4)[0]!, ...zeros]),
    v,
  };
}
