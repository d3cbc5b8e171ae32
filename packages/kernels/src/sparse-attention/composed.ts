/**
 * Sparse attention from plain TensorFlow.js ops: what runs on a backend without a fused kernel.
 *
 * Each bucket of tiles is one batched product over gathered rows; the passes are merged by their log-sum-exp. No tensor has
 * queries × keys cells: memory grows with the tiles of the plan, and a bucket is split where it would grow beyond a budget.
 */
import type { Pass, Plan, PlanGroup } from '@sparse-transformers/patterns';
import type { Rank, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  add,
  cast,
  concat,
  div,
  equal,
  exp,
  fill,
  gather,
  log,
  matMul,
  max,
  maximum,
  mul,
  reshape,
  squeeze,
  sub,
  sum,
  tensor1d,
  tidy,
  where,
} from '@tensorflow/tfjs-core';
import type { SparseAttentionAttributes, SparseAttentionInputs } from './attributes.ts';
import { type BucketSide, onlyPairs, pairMask } from './pair-mask.ts';
import { rowsOfIndices, type TileBucket, tileBuckets } from './tile-buckets.ts';
import { type ApartRows, apart, bucketRows, visibleProduct } from './visible-product.ts';

/** The score of a hidden cell: below any other, yet finite, for a difference of two of them must not be NaN. */
const hidden = -3e38;

/** The largest score of a row that has seen no key so far: so far above `hidden` that weights become 0. */
export const unseen = -2e38;

/** Scores of one bucket take at most this many cells over all batch entries and heads. */
const mostCells = 2 ** 24;

/** Output `[B, H, n, Dv]`, log-sum-exp `[B, H, n]`, and what rounding took from it `[B, H, n]`. */
export function composedSparseAttention(
  inputs: SparseAttentionInputs,
  attributes: SparseAttentionAttributes,
): [Tensor4D, Tensor3D, Tensor3D] {
  const { plan } = attributes;
  const scaled = { ...inputs, q: mul<Tensor4D>(inputs.q, attributes.scale) };
  const parts = plan.groups.map((group) => groupForward(headsOfGroup(scaled, group), group, attributes));
  const joined = (name: keyof Attended) =>
    joinHeads(
      parts.map((part) => part[name]),
      plan,
    );
  const [weighted, most, total] = [joined('weighted'), joined('most'), joined('total')];
  const isUnseen = equal(total, 0);
  const divisor = add<Tensor4D>(total, cast(isUnseen, 'float32'));
  const [sumOfBoth, rest] = exactSum(most, log(divisor));
  const logSumExp = where(isUnseen, fill(most.shape, Number.NEGATIVE_INFINITY), sumOfBoth);
  return [div(weighted, divisor), squeeze(logSumExp, [3]), squeeze(rest, [3])];
}

/** a + b, and what rounding took from it (Knuth's sum of two). */
function exactSum(a: Tensor4D, b: Tensor4D): [rounded: Tensor4D, rest: Tensor4D] {
  const rounded = add<Tensor4D>(a, b);
  const added = sub<Tensor4D>(rounded, a);
  return [rounded, add(sub(a, sub(rounded, added)), sub(b, added))];
}

/** Rows of queries after some passes. A type, so that its names can be walked. */
type Attended = {
  /** The values, each times e to its score less the largest: `[B, H, rows, Dv]`. */
  readonly weighted: Tensor4D;
  /** The largest score, `[B, H, rows, 1]`. */
  readonly most: Tensor4D;
  /** The sum of the weights, `[B, H, rows, 1]`: 0 where no key was seen. */
  readonly total: Tensor4D;
};

/** What rows have that saw nothing. */
const nothing = { weighted: 0, most: unseen, total: 0 };

function groupForward(
  { q, k, v }: SparseAttentionInputs,
  { passes }: PlanGroup,
  attributes: SparseAttentionAttributes,
): Attended {
  if (passes.length === 0) {
    const rows = (width: number, value: number) =>
      fill<Rank.R4>([q.shape[0], q.shape[1], attributes.plan.queries, width], value);
    const { weighted, most, total } = nothing;
    return { weighted: rows(v.shape[3], weighted), most: rows(1, most), total: rows(1, total) };
  }
  const values = apart(v);
  return passes.map((pass) => passForward({ q, k, values }, pass, attributes)).reduce(mergePasses);
}

/** Both shares, weighed against the larger of their largest scores. */
function mergePasses(a: Attended, b: Attended): Attended {
  const most = maximum<Tensor4D>(a.most, b.most);
  const [weightA, weightB] = [exp(sub<Tensor4D>(a.most, most)), exp(sub<Tensor4D>(b.most, most))];
  const merged = (x: Tensor4D, y: Tensor4D) => add<Tensor4D>(mul(x, weightA), mul(y, weightB));
  return { weighted: merged(a.weighted, b.weighted), most, total: merged(a.total, b.total) };
}

/** Queries times the scale, keys and values. */
interface PassInputs {
  readonly q: Tensor4D;
  readonly k: Tensor4D;
  readonly values: ApartRows;
}

function passForward(inputs: PassInputs, pass: Pass, attributes: SparseAttentionAttributes): Attended {
  const buckets = bucketsOf(pass, 'query', inputs.q);
  // Scores and gathered keys of one bucket go before the next bucket's come.
  const parts = buckets.map((bucket) => tidy(() => bucketForward(inputs, pass, bucket, attributes)));
  const rows = rowsOfIndices(pass.queryRows, buckets, pass.tile, attributes.plan.queries);
  const inOrder = (name: keyof Attended) =>
    rowsInOrder(
      parts.map((part) => part[name]),
      rows,
      nothing[name],
    );
  return { weighted: inOrder('weighted'), most: inOrder('most'), total: inOrder('total') };
}

function bucketForward(
  { q, k, values }: PassInputs,
  pass: Pass,
  bucket: TileBucket,
  attributes: SparseAttentionAttributes,
): Attended {
  const mask = pairMask(pass, bucket, 'query', attributes, q.shape);
  const { keyRows } = rowsOfBucket(pass, bucket, 'query');
  const product = bucketProduct(q, k, pass, bucket, 'query'); // [B·H·count, tile, width·tile]
  const scores = onlyPairs(reshape(product, [q.shape[0], q.shape[1], -1, product.shape[2]]), mask, hidden);
  const most = maximum<Tensor4D>(max(scores, 3, true), unseen);
  const weights = exp(sub<Tensor4D>(scores, most));
  const weighted = visibleProduct(reshape(weights, product.shape), values, keyRows, pass, mask, false);
  return { weighted, most, total: sum(weights, 3, true) };
}

/** q · kᵀ of a bucket: a stack of matrices, queries by keys. */
export function bucketProduct(
  q: Tensor4D,
  k: Tensor4D,
  pass: Pass,
  bucket: TileBucket,
  side: BucketSide,
): Tensor3D {
  const { queryRows, keyRows } = rowsOfBucket(pass, bucket, side);
  return matMul(bucketRows(q, queryRows, pass), bucketRows(k, keyRows, pass), false, true);
}

/** The rows of both sides of a bucket. */
export function rowsOfBucket(pass: Pass, { tiles, others, count }: TileBucket, side: BucketSide) {
  const [queryTiles, keyTiles] = side === 'query' ? [tiles, others] : [others, tiles];
  return {
    queryRows: { indices: pass.queryRows, tiles: queryTiles, count },
    keyRows: { indices: pass.keyRows, tiles: keyTiles, count },
  };
}

/** The buckets of one side, so large that scores stay within the budget. */
export function bucketsOf(pass: Pass, side: BucketSide, q: Tensor4D): TileBucket[] {
  const cells = q.shape[0] * q.shape[1] * pass.tile * pass.tile;
  return tileBuckets(
    side === 'query' ? pass.byQuery : pass.byKey,
    Math.max(1, Math.floor(mostCells / cells)),
  );
}

/** Rows of buckets `[B, H, rows, D]` in the order of queries or keys: the sum of what `rows` lists, `missing` where it lists nothing. */
export function rowsInOrder(
  parts: readonly Tensor4D[],
  rows: readonly Int32Array[],
  missing: number,
): Tensor4D {
  const [batch, heads, , width] = parts[0]!.shape;
  const all = concat([...parts, fill<Rank.R4>([batch, heads, 1, width], missing)], 2);
  return rows
    .map((indices) => gather(all, tensor1d(indices, 'int32'), 2))
    .reduce((total, part) => add<Tensor4D>(total, part));
}

/** The inputs of the heads of a group. */
export function headsOfGroup<Inputs extends { [name: string]: Tensor4D }>(
  inputs: Inputs,
  { heads }: PlanGroup,
): Inputs {
  if (heads === null) return inputs;
  const entries = Object.entries(inputs).map(([name, x]) => [
    name,
    gather(x, tensor1d([...heads], 'int32'), 1),
  ]);
  return Object.fromEntries(entries) as Inputs;
}

/** The heads of all groups in their own order. */
export function joinHeads(parts: readonly Tensor4D[], { groups }: Plan): Tensor4D {
  if (parts.length === 1) return parts[0]!;
  const heads = groups.flatMap((group) => group.heads ?? []);
  const order = heads.map((_, head) => heads.indexOf(head));
  return gather(concat([...parts], 1), tensor1d(order, 'int32'), 1);
}
