/** Calls for poison: every kind of pattern with every kind of mask, sizes and widths from a seed. */
import {
  blockLocal,
  causal,
  column,
  fixed,
  full,
  local,
  type Pattern,
  perHead,
  strided,
  summary,
} from '@sparse-transformers/patterns';
import type { AttentionCase } from './attention-cases.ts';
import type { AttentionCall } from './dense-attention.ts';
import { type Random, randomFrom } from './random.ts';

/** Batch and heads; from four heads in all the devices go backward head by head, below it tile by tile. */
const stacks = [
  [1, 2],
  [2, 2],
  [3, 1],
  [1, 3],
] as const;

/** A call for each pattern; the masks of batch entries take turns. */
export function hiddenCases(): AttentionCase[] {
  const random = randomFrom(20);
  return [
    ...patternsFor(2).map((pattern, index) => squareCase(random, pattern, index)),
    ...crossCases(random),
  ];
}

function patternsFor(heads: number): ((heads: number) => Pattern)[] {
  const slots = (count: number) =>
    Array.from({ length: count }, (_, slot) => fixed({ block: 16, summary: 2, slot: slot % heads }));
  const mixed = (count: number) =>
    Array.from({ length: count }, (_, head) => [local({ window: 4 }), causal()][head % 2]!);
  return [
    () => causal(),
    () => strided({ stride: 11 }),
    () => fixed({ block: 16, summary: 3 }),
    () => full({ causal: false }),
    () => local({ window: 70 }),
    () => local({ window: 7, causal: false }),
    () => column({ stride: 5 }),
    () => blockLocal({ block: 24 }),
    () => summary({ block: 8, summary: 2 }),
    (count) => perHead(slots(count)),
    (count) => perHead(mixed(count)),
    () => fixed({ block: 8, summary: 2, causal: false }),
    () => strided({ stride: 6, causal: false }),
  ];
}

function squareCase(random: Random, patternFor: (heads: number) => Pattern, index: number): AttentionCase {
  const [batch, heads] = stacks[(index + Math.floor(index / 4)) % stacks.length]!;
  const length = oneOf(random, [37, 64, 65, 70]);
  const headDim = oneOf(random, [3, 8, 16, 19]);
  const pattern = patternFor(heads);
  const sizes = { batch, heads, queries: length, keys: length, headDim, pattern };
  const call = { ...sizes, valueDim: oneOf(random, [headDim, 4, 17]), ...entryMask(random, index, sizes) };
  return { name: `for ${pattern.name}, ${described(call)}`, call };
}

/** Nothing, padding, documents or both. */
function entryMask(random: Random, index: number, { batch, keys }: { batch: number; keys: number }) {
  const padded = { keyLengths: Array.from(random.integers(batch, keys)) };
  const packed = { documents: Array.from({ length: batch }, () => documentsFrom(random, keys)) };
  return [padded, packed, {}, { ...padded, ...packed }][index % 4]!;
}

/** Runs of a few documents; a number comes again, so that a document lies in several pieces. */
function documentsFrom(random: Random, length: number): number[] {
  const documents: number[] = [];
  while (documents.length < length) {
    const count = 1 + random.integers(1, 30)[0]!;
    const number = random.integers(1, 3)[0]!;
    documents.push(...Array.from({ length: count }, () => number));
  }
  return documents.slice(0, length);
}

function crossCases(random: Random): AttentionCase[] {
  const few = { batch: 2, heads: 2, queries: 13, keys: 70, headDim: 7 };
  const documents = [documentsFrom(random, 70), documentsFrom(random, 70)];
  const calls: AttentionCall[] = [
    { ...few, pattern: full({ causal: false }), keyLengths: [70, 33] },
    { ...few, queries: 70, keys: 13, pattern: local({ window: 9, causal: false }), keyLengths: [13, 5] },
    { ...few, pattern: strided({ stride: 6 }), offset: 57, documents },
    { ...few, pattern: fixed({ block: 8, summary: 2 }), offset: 50, valueDim: 3 },
  ];
  return calls.map((call) => ({ name: `for ${call.pattern.name}, ${described(call)}`, call }));
}

function described({ batch, queries, keys, headDim, valueDim, ...call }: AttentionCall): string {
  const masks = [call.keyLengths && 'padded', call.documents && 'packed', call.offset && 'a later slice'];
  const lengths = queries === keys ? `${queries} positions` : `${queries} queries of ${keys} keys`;
  const sizes = `${batch} × ${lengths} of width ${headDim}, values of ${valueDim ?? headDim}`;
  return [...masks.filter(Boolean), sizes].join(', ');
}

function oneOf<Value>(random: Random, values: readonly Value[]): Value {
  return values[random.integers(1, values.length)[0]!]!;
}
