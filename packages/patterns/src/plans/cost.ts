/** What a plan costs, estimated from its counts alone. */
import { checkSize, PatternError } from '../errors.ts';
import type { Pass, Plan } from './plan.ts';

/** The tensors that a plan will run over. */
export interface CostOptions {
  /** Batch entries, B. */
  batch: number;
  /** Heads, H. */
  heads: number;
  /** Width of one head of the queries and keys, D. */
  headDim: number;
  /** Width of one head of the values and the output; D unless given. */
  valueDim?: number;
  /** Bytes of one number: 4 for float32, 2 for bfloat16. */
  bytesPerElement?: number;
}

/** FLOPs and bytes of one forward pass. */
export interface DenseCost {
  /** Multiplications and additions of both products: 2·(D + Dv) a pair. */
  readonly flops: number;
  /** Bytes read and written. Dense: the four tensors once, the scores four times (written, then read and written by softmax, then read). */
  readonly bytes: number;
  /** Bytes held at the peak: queries, keys, values and output, and what lies between. Dense: all scores. */
  readonly peakBytes: number;
}

/**
 * The cost of one forward pass; forward and backward together are about 3.5 times its FLOPs.
 * `bytes`: each pass reads its query rows and writes as many output rows, each tile reads its key rows and value rows.
 * `peakBytes`: the four tensors, one float32 log-sum-exp a query and head, and the plan's own arrays.
 */
export interface Cost extends DenseCost {
  /** FLOPs of all cells of the tiles, masked ones too: what a kernel executes. */
  readonly executedFlops: number;
  /** The same tensors through dense attention that looks at every cell and holds all its scores. */
  readonly dense: DenseCost;
}

/** A pass, and how many heads run it. */
interface Share {
  readonly pass: Pass;
  readonly heads: number;
}

/** Estimates a fused kernel: scores live in one tile, a key tile is read once for every query tile that sees it. */
export function costOf(
  plan: Plan,
  { batch, heads, headDim, valueDim = headDim, bytesPerElement = 4 }: CostOptions,
): Cost {
  for (const [name, value] of Object.entries({ batch, heads, headDim, valueDim, bytesPerElement }))
    checkSize('cost', name, value);
  if (plan.heads !== null && plan.heads !== heads) {
    throw new PatternError(
      `cost: \`heads\` must be ${plan.heads}, as many as the plan's pattern names, but it is ${heads}.`,
    );
  }
  const shares = sharesOf(plan, heads);
  const width = headDim + valueDim; // of a query and its output, or of a key and its value
  const rowBytes = width * bytesPerElement;
  const tensors = batch * heads * rowBytes * (plan.queries + plan.keys);
  const scores = batch * heads * plan.queries * plan.keys;
  const pairs = Number(plan.pairs) * batch * (plan.heads === null ? heads : 1);
  const rowsRead = sum(shares, (pass) => pass.queryRows.length + pass.tile * tilesOf(pass));
  return {
    flops: 2 * width * pairs,
    executedFlops: 2 * width * batch * sum(shares, (pass) => pass.tile ** 2 * tilesOf(pass)),
    bytes: batch * rowBytes * rowsRead,
    peakBytes: tensors + batch * heads * plan.queries * 4 + planBytes(shares.map(({ pass }) => pass)),
    dense: {
      flops: 2 * width * scores,
      bytes: tensors + 4 * scores * bytesPerElement,
      peakBytes: tensors + scores * bytesPerElement,
    },
  };
}

function sharesOf({ groups }: Plan, heads: number): Share[] {
  return groups.flatMap((group) =>
    group.passes.map((pass) => ({ pass, heads: group.heads?.length ?? heads })),
  );
}

function sum(shares: readonly Share[], size: (pass: Pass) => number): number {
  return shares.reduce((total, { pass, heads }) => total + heads * size(pass), 0);
}

function tilesOf({ fullTiles, partialTiles }: Pass): number {
  return fullTiles + partialTiles;
}

/** Bytes of the plan's arrays; those that both sides share count once. */
function planBytes(passes: readonly Pass[]): number {
  const arrays = passes.flatMap(({ queryRows, keyRows, masks, byQuery, byKey }) => [
    queryRows,
    keyRows,
    masks.words,
    ...[byQuery, byKey].flatMap(({ pointers, first, count, mask }) => [pointers, first, count, mask]),
  ]);
  return [...new Set(arrays)].reduce((total, { byteLength }) => total + byteLength, 0);
}
