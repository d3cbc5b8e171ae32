/** What a plan costs, estimated from its counts alone. */
import { checkSize } from './errors.ts';
import type { Pass, Plan } from './plan.ts';

/** The tensors that a plan will run over. */
export interface CostOptions {
  /** Batch entries, B. */
  batch: number;
  /** Heads, H. */
  heads: number;
  /** Width of one head, D. */
  headDim: number;
  /** Bytes of one number: 4 for float32, 2 for bfloat16. */
  bytesPerElement?: number;
}

/** FLOPs and bytes of one forward pass. */
export interface DenseCost {
  /** Multiplications and additions of both products: 4·B·H·D a pair. */
  readonly flops: number;
  /** Bytes read and written. */
  readonly bytes: number;
  /** Bytes held at the peak: queries, keys, values, output, and what lies between. */
  readonly peakBytes: number;
}

/** The cost of one forward pass; forward and backward together are about 3.5 times its FLOPs. */
export interface Cost extends DenseCost {
  /** FLOPs of all cells of the tiles, masked ones too: what a kernel executes. */
  readonly executedFlops: number;
  /** The same tensors through dense attention that holds all its scores. */
  readonly dense: DenseCost;
}

/** Estimates a fused kernel: scores live in one tile, a key tile is read once for every query tile that sees it. */
export function costOf(plan: Plan, { batch, heads, headDim, bytesPerElement = 4 }: CostOptions): Cost {
  for (const [name, value] of Object.entries({ batch, heads, headDim, bytesPerElement }))
    checkSize('cost', name, value);
  const copies = batch * (plan.heads === null ? heads : heads / plan.heads);
  const perPair = 4 * headDim * copies;
  const ends = batch * heads * headDim * bytesPerElement * 2 * (plan.queries + plan.keys);
  const scores = batch * heads * plan.queries * plan.keys;
  const passes = plan.groups.flatMap((group) =>
    group.passes.map((pass) => ({ pass, heads: plan.heads === null ? 1 : (group.heads?.length ?? 1) })),
  );
  const tileSum = (size: (pass: Pass) => number) =>
    passes.reduce(
      (sum, { pass, heads: share }) => sum + share * (pass.fullTiles + pass.partialTiles) * size(pass),
      0,
    );
  return {
    flops: perPair * Number(plan.pairs),
    executedFlops: perPair * tileSum(({ tile }) => tile * tile),
    bytes: ends / 2 + copies * tileSum(({ tile }) => 2 * tile * headDim * bytesPerElement),
    peakBytes: ends + batch * heads * plan.queries * 4 + planBytes(passes.map(({ pass }) => pass)),
    dense: {
      flops: 4 * headDim * scores,
      bytes: ends + 4 * scores * bytesPerElement,
      peakBytes: ends + scores * bytesPerElement,
    },
  };
}

function planBytes(passes: readonly Pass[]): number {
  const arrays = passes.flatMap(({ queryRows, keyRows, masks, byQuery, byKey }) => [
    queryRows,
    keyRows,
    masks.words,
    ...[byQuery, byKey].flatMap(({ pointers, first, count, mask }) => [pointers, first, count, mask]),
  ]);
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
