/**
 * The gradient of sparse attention from plain TensorFlow.js ops.
 *
 * Scores are computed anew from q, k and the log-sum-exp: nothing of their size is kept. dQ goes by query tiles; dK and dV go by key
 * tiles over the transposed lists, so nothing is scattered and the same inputs give the same bits.
 */
import type { Pass, PlanGroup } from '@sparse-transformers/patterns';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  add,
  exp,
  expandDims,
  maximum,
  mul,
  reshape,
  sub,
  sum,
  tidy,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { SparseAttentionAttributes, SparseAttentionGradientInputs } from './attributes.ts';
import {
  bucketProduct,
  bucketsOf,
  headsOfGroup,
  joinHeads,
  rowsInOrder,
  rowsOfBucket,
  unseen,
} from './composed.ts';
import { type BucketSide, onlyPairs, pairMask } from './pair-mask.ts';
import { rowsOfIndices, type TileBucket } from './tile-buckets.ts';
import { type ApartRows, apart, bucketRows, visibleProduct } from './visible-product.ts';

/** Gives dq `[B, H, n, D]`, dk `[B, H, m, D]` and dv `[B, H, m, Dv]`. */
export function composedSparseAttentionGradient(
  inputs: SparseAttentionGradientInputs,
  attributes: SparseAttentionAttributes,
): Tensor4D[] {
  const { plan, scale } = attributes;
  const rows = rowInputs(inputs, scale);
  const parts = plan.groups.map((group) => groupBackward(headsOfGroup(rows, group), group, attributes));
  const [dq, dk, dv] = [0, 1, 2].map((index) =>
    joinHeads(
      parts.map((part) => part[index]!),
      plan,
    ),
  );
  return [mul(dq!, scale), dk!, dv!];
}

/** What each row brings to the backward pass; all `[B, H, rows, …]`. A type, so that it has an index signature. */
type RowInputs = {
  /** Queries times the scale. */
  q: Tensor4D;
  k: Tensor4D;
  v: Tensor4D;
  dOutput: Tensor4D;
  /** `[B, H, n, 1]` */
  logSumExp: Tensor4D;
  /** `[B, H, n, 1]` */
  logSumExpRest: Tensor4D;
  /** Σ dO ∘ O − dLogSumExp, `[B, H, n, 1]` */
  delta: Tensor4D;
};

function rowInputs(
  { q, k, v, output, logSumExp, logSumExpRest, dOutput, dLogSumExp }: SparseAttentionGradientInputs,
  scale: number,
): RowInputs {
  return {
    q: mul(q, scale),
    k,
    v,
    dOutput,
    logSumExp: maximum(expandDims<Tensor4D>(logSumExp, 3), unseen),
    logSumExpRest: expandDims(logSumExpRest, 3),
    delta: sub(sum<Tensor4D>(mul(dOutput, output), 3, true), expandDims<Tensor4D>(dLogSumExp, 3)),
  };
}

/** The rows that gradients are sums of. */
interface SummedRows {
  readonly q: ApartRows;
  readonly k: ApartRows;
  readonly dOutput: ApartRows;
}

function groupBackward(
  inputs: RowInputs,
  { passes }: PlanGroup,
  attributes: SparseAttentionAttributes,
): Tensor4D[] {
  const zeros = [zerosLike(inputs.q), zerosLike(inputs.k), zerosLike(inputs.v)];
  const summed = { q: apart(inputs.q), k: apart(inputs.k), dOutput: apart(inputs.dOutput) };
  return passes
    .map((pass) => [
      queryGradient(inputs, summed, pass, attributes),
      ...keyGradients(inputs, summed, pass, attributes),
    ])
    .reduce((total, part) => total.map((x, index) => add<Tensor4D>(x, part[index]!)), zeros);
}

function queryGradient(
  inputs: RowInputs,
  { k }: SummedRows,
  pass: Pass,
  attributes: SparseAttentionAttributes,
): Tensor4D {
  const buckets = bucketsOf(pass, 'query', inputs.q);
  const parts = buckets.map((bucket) =>
    tidy(() => {
      const { dScores, keyRows, mask } = bucketBackward(inputs, pass, bucket, 'query', attributes);
      return visibleProduct(dScores, k, keyRows, pass, mask, false);
    }),
  );
  return rowsInOrder(parts, rowsOfIndices(pass.queryRows, buckets, pass.tile, attributes.plan.queries), 0);
}

function keyGradients(
  inputs: RowInputs,
  { q, dOutput }: SummedRows,
  pass: Pass,
  attributes: SparseAttentionAttributes,
): Tensor4D[] {
  const buckets = bucketsOf(pass, 'key', inputs.q);
  const parts = buckets.map((bucket) =>
    tidy(() => {
      const { weights, dScores, queryRows, mask } = bucketBackward(inputs, pass, bucket, 'key', attributes);
      return [
        visibleProduct(dScores, q, queryRows, pass, mask, true),
        visibleProduct(weights, dOutput, queryRows, pass, mask, true),
      ];
    }),
  );
  const rows = rowsOfIndices(pass.keyRows, buckets, pass.tile, attributes.plan.keys);
  return [0, 1].map((index) =>
    rowsInOrder(
      parts.map((part) => part[index]!),
      rows,
      0,
    ),
  );
}

/** Weights and gradients of scores of one bucket, stacks of queries by keys, 0 where there is no pair; and the rows they came from. */
function bucketBackward(
  { q, k, v, dOutput, logSumExp, logSumExpRest, delta }: RowInputs,
  pass: Pass,
  bucket: TileBucket,
  side: BucketSide,
  attributes: SparseAttentionAttributes,
) {
  const { queryRows, keyRows } = rowsOfBucket(pass, bucket, side);
  const mask = pairMask(pass, bucket, side, attributes, q.shape);
  const ofQueries = (x: Tensor4D) => bucketRows(x, queryRows, pass);
  const scores = bucketProduct(q, k, pass, bucket, side);
  const onlyVisible = (x: Tensor3D): Tensor3D =>
    reshape(onlyPairs(reshape(x, [q.shape[0], q.shape[1], -1, x.shape[2]]), mask, 0), x.shape);
  const weights = onlyVisible(
    exp(sub(sub<Tensor3D>(scores, ofQueries(logSumExp)), ofQueries(logSumExpRest))),
  );
  const dWeights = bucketProduct(dOutput, v, pass, bucket, side);
  const dScores = onlyVisible(mul<Tensor3D>(weights, sub(dWeights, ofQueries(delta))));
  return { weights, dScores, queryRows, keyRows, mask };
}
