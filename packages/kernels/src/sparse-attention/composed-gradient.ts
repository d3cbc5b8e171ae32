/**
 * The gradient of sparse attention from plain TensorFlow.js ops.
 *
 * Scores are computed anew from q, k and the log-sum-exp: nothing of their size is kept. dQ goes by query tiles; dK and dV go by key
 * tiles over the transposed lists, so nothing is scattered and the same inputs give the same bits.
 */
import type { Pass, PlanGroup } from '@sparse-transformers/patterns';
import type { Rank, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  add,
  exp,
  expandDims,
  matMul,
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
  biasedScores,
  bucketRows,
  bucketsOf,
  headsOfGroup,
  joinHeads,
  rowsInOrder,
  unseen,
} from './composed.ts';
import type { BucketSide } from './score-bias.ts';
import { rowsOfIndices, type TileBucket } from './tile-buckets.ts';

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
  /** Σ dO ∘ O − dLogSumExp, `[B, H, n, 1]` */
  delta: Tensor4D;
};

function rowInputs(
  { q, k, v, output, logSumExp, dOutput, dLogSumExp }: SparseAttentionGradientInputs,
  scale: number,
): RowInputs {
  return {
    q: mul(q, scale),
    k,
    v,
    dOutput,
    logSumExp: maximum(expandDims<Tensor4D>(logSumExp, 3), unseen),
    delta: sub(sum<Tensor4D>(mul(dOutput, output), 3, true), expandDims<Tensor4D>(dLogSumExp, 3)),
  };
}

function groupBackward(
  inputs: RowInputs,
  { passes }: PlanGroup,
  attributes: SparseAttentionAttributes,
): Tensor4D[] {
  const zeros = [zerosLike(inputs.q), zerosLike(inputs.k), zerosLike(inputs.v)];
  return passes
    .map((pass) => [queryGradient(inputs, pass, attributes), ...keyGradients(inputs, pass, attributes)])
    .reduce((total, part) => total.map((x, index) => add<Tensor4D>(x, part[index]!)), zeros);
}

function queryGradient(inputs: RowInputs, pass: Pass, attributes: SparseAttentionAttributes): Tensor4D {
  const buckets = bucketsOf(pass, 'query', inputs.q);
  const parts = buckets.map((bucket) =>
    tidy(() => {
      const { keys, dScores } = bucketBackward(inputs, pass, bucket, 'query', attributes);
      return unstacked(matMul<Tensor3D>(dScores, keys), inputs.q);
    }),
  );
  return rowsInOrder(parts, rowsOfIndices(pass.queryRows, buckets, pass.tile, attributes.plan.queries), 0);
}

function keyGradients(inputs: RowInputs, pass: Pass, attributes: SparseAttentionAttributes): Tensor4D[] {
  const buckets = bucketsOf(pass, 'key', inputs.q);
  const parts = buckets.map((bucket) =>
    tidy(() => {
      const { queries, dOutput, weights, dScores } = bucketBackward(inputs, pass, bucket, 'key', attributes);
      return [matMul<Tensor3D>(dScores, queries, true), matMul<Tensor3D>(weights, dOutput, true)].map((x) =>
        unstacked(x, inputs.k),
      );
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

/** Weights and gradients of scores of one bucket, queries by keys, and the rows they came from; all stacks of matrices. */
function bucketBackward(
  inputs: RowInputs,
  pass: Pass,
  bucket: TileBucket,
  side: BucketSide,
  attributes: SparseAttentionAttributes,
) {
  const [queryTiles, keyTiles] =
    side === 'query' ? [bucket.tiles, bucket.others] : [bucket.others, bucket.tiles];
  const ofQueries = (x: Tensor4D) => bucketRows(x, pass.queryRows, queryTiles, pass, bucket.count);
  const ofKeys = (x: Tensor4D) => bucketRows(x, pass.keyRows, keyTiles, pass, bucket.count);
  const [queries, dOutput] = [ofQueries(inputs.q), ofQueries(inputs.dOutput)];
  const [keys, values] = [ofKeys(inputs.k), ofKeys(inputs.v)];
  const scores = biasedScores(queries, keys, pass, bucket, side, attributes, inputs.q.shape);
  const stacked = reshape<Rank.R3>(scores, [-1, queries.shape[1], keys.shape[1]]);
  const weights = exp(sub<Tensor3D>(stacked, ofQueries(inputs.logSumExp)));
  const dWeights = matMul(dOutput, values, false, true);
  const dScores = mul<Tensor3D>(weights, sub(dWeights, ofQueries(inputs.delta)));
  return { queries, keys, dOutput, weights, dScores };
}

/** `[B·H·count, rows, D]` back to `[B, H, count·rows, D]`. */
function unstacked(x: Tensor3D, like: Tensor4D): Tensor4D {
  return reshape(x, [like.shape[0], like.shape[1], -1, x.shape[2]]);
}
