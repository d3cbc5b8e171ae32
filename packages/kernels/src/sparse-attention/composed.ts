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
  concat,
  div,
  exp,
  fill,
  gather,
  less,
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
import { type BucketSide, scoreBias } from './score-bias.ts';
import { rowsOfIndices, rowsOfTiles, type TileBucket, tileBuckets } from './tile-buckets.ts';

/** The log-sum-exp of a row that has seen no key so far: far below any other, and above `hidden`, so that weights become 0. */
export const unseen = -1e29;

/** Scores of one bucket take at most this many cells over all batch entries and heads. */
const mostCells = 2 ** 24;

/** Output `[B, H, n, Dv]` and log-sum-exp `[B, H, n]`. */
export function composedSparseAttention(
  inputs: SparseAttentionInputs,
  attributes: SparseAttentionAttributes,
): [Tensor4D, Tensor3D] {
  const scaled = { ...inputs, q: mul<Tensor4D>(inputs.q, attributes.scale) };
  const parts = attributes.plan.groups.map((group) =>
    groupForward(headsOfGroup(scaled, group), group, attributes),
  );
  const output = joinHeads(
    parts.map((part) => part.output),
    attributes.plan,
  );
  const logSumExp = squeeze<Tensor3D>(
    joinHeads(
      parts.map((part) => part.logSumExp),
      attributes.plan,
    ),
    [3],
  );
  const isUnseen = less(logSumExp, unseen / 2);
  return [output, where(isUnseen, fill(logSumExp.shape, Number.NEGATIVE_INFINITY), logSumExp)];
}

/** Rows of queries after some passes. */
interface Attended {
  /** `[B, H, rows, Dv]` */
  readonly output: Tensor4D;
  /** `[B, H, rows, 1]` */
  readonly logSumExp: Tensor4D;
}

function groupForward(
  inputs: SparseAttentionInputs,
  group: PlanGroup,
  attributes: SparseAttentionAttributes,
): Attended {
  if (group.passes.length === 0) {
    const rows = (width: number, value: number) =>
      fill<Rank.R4>([inputs.q.shape[0], inputs.q.shape[1], attributes.plan.queries, width], value);
    return { output: rows(inputs.v.shape[3], 0), logSumExp: rows(1, unseen) };
  }
  return group.passes.map((pass) => passForward(inputs, pass, attributes)).reduce(mergePasses);
}

/** Both shares, weighted by their sums of exponentials. */
function mergePasses(a: Attended, b: Attended): Attended {
  const most = maximum<Tensor4D>(a.logSumExp, b.logSumExp);
  const [weightA, weightB] = [exp(sub<Tensor4D>(a.logSumExp, most)), exp(sub<Tensor4D>(b.logSumExp, most))];
  const total = add<Tensor4D>(weightA, weightB);
  return {
    output: div(add(mul(a.output, weightA), mul(b.output, weightB)), total),
    logSumExp: add(most, log(total)),
  };
}

function passForward(
  inputs: SparseAttentionInputs,
  pass: Pass,
  attributes: SparseAttentionAttributes,
): Attended {
  const buckets = bucketsOf(pass, 'query', inputs.q);
  const parts = buckets.map((bucket) => {
    // Scores and gathered keys of one bucket go before the next bucket's come.
    const [output, logSumExp] = tidy(() => bucketForward(inputs, pass, bucket, attributes));
    return { output, logSumExp };
  });
  const { queries } = attributes.plan;
  const rows = rowsOfIndices(pass.queryRows, buckets, pass.tile, queries);
  return {
    output: rowsInOrder(
      parts.map((part) => part.output),
      rows,
      0,
    ),
    logSumExp: rowsInOrder(
      parts.map((part) => part.logSumExp),
      rows,
      unseen,
    ),
  };
}

function bucketForward(
  { q, k, v }: SparseAttentionInputs,
  pass: Pass,
  bucket: TileBucket,
  attributes: SparseAttentionAttributes,
): [Tensor4D, Tensor4D] {
  const rows = [q.shape[0], q.shape[1], bucket.count * pass.tile] as const;
  const keys = bucketRows(k, pass.keyRows, bucket.others, pass, bucket.count); // [B·H·count, width·tile, D]
  const values = bucketRows(v, pass.keyRows, bucket.others, pass, bucket.count); // [B·H·count, width·tile, Dv]
  const queries = bucketRows(q, pass.queryRows, bucket.tiles, pass, bucket.count); // [B·H·count, tile, D]
  const scores = biasedScores(queries, keys, pass, bucket, 'query', attributes, q.shape); // [B, H, count·tile, width·tile]
  const most = maximum(max(scores, 3, true), unseen);
  const weights = exp(sub<Tensor4D>(scores, most));
  const total = sum<Tensor4D>(weights, 3, true);
  const weighted = matMul(reshape(weights, [-1, pass.tile, bucket.width * pass.tile]), values);
  // A row that sees something has a sum of 1 or more.
  const safe = maximum(total, 1e-30);
  return [div(reshape(weighted, [...rows, v.shape[3]]), safe), add(most, log(safe))];
}

/** The scores of a bucket, queries by keys, with what must not count pushed out of reach. */
export function biasedScores(
  queries: Tensor3D,
  keys: Tensor3D,
  pass: Pass,
  bucket: TileBucket,
  side: BucketSide,
  attributes: SparseAttentionAttributes,
  [batch, heads]: readonly number[],
): Tensor4D {
  const product = matMul<Tensor3D>(queries, keys, false, true);
  const scores = reshape<Rank.R4>(product, [batch!, heads!, -1, product.shape[2]]);
  const bias = scoreBias(pass, bucket, side, attributes, batch!);
  return bias ? add(scores, bias) : scores;
}

/** The buckets of one side, so large that scores stay within the budget. */
export function bucketsOf(pass: Pass, side: BucketSide, q: Tensor4D): TileBucket[] {
  const cells = q.shape[0] * q.shape[1] * pass.tile * pass.tile;
  return tileBuckets(
    side === 'query' ? pass.byQuery : pass.byKey,
    Math.max(1, Math.floor(mostCells / cells)),
  );
}

/** Gathers the rows of some tiles of `[B, H, n, D]` as a stack `[B·H·count, rows, D]`. */
export function bucketRows(
  x: Tensor4D,
  rows: Int32Array,
  tiles: Int32Array,
  { tile }: Pass,
  count: number,
): Tensor3D {
  const indices = tensor1d(rowsOfTiles(rows, tiles, tile), 'int32');
  const stack = x.shape[0] * x.shape[1] * count;
  return reshape(gather(x, indices, 2), [stack, (tiles.length / count) * tile, x.shape[3]]);
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
