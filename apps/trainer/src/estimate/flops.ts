/** Multiplications and additions a token, from the sizes of the products and the pairs of the plans. */
import { patternOfLayer, type SparseTransformerConfig } from '@sparse-transformers/models';
import type { Plan } from '@sparse-transformers/patterns';

/** FLOPs a token. What is not a product of matrices (norms, activations, softmax) is left out. */
export interface Flops {
  /** Forward. */
  readonly forward: number;
  /** Backward, with the scores that attention computes again. */
  readonly backward: number;
  /** Forward again for blocks that are recomputed; 0 if none is. */
  readonly recompute: number;
  /** All of them: what training on a token takes. */
  readonly training: number;
}

/** Counts them. @param plans those of all layers, each at least once */
export function flopsOf(
  model: SparseTransformerConfig,
  plans: readonly Plan[],
  { recompute }: { readonly recompute: boolean },
): Flops {
  const { layers, width, queryKeyWidth, feedForwardWidth, vocabulary, length } = model;
  const matrices = layers * 2 * width * (2 * queryKeyWidth + 2 * width + 2 * feedForwardWidth);
  const scores = (2 / length) * pairsOf(model, plans); // of q · kᵀ or another such product, for each number of a head's width
  const [keyDim, valueDim] = [queryKeyWidth / model.heads, width / model.heads];
  const blocks = matrices + scores * (keyDim + valueDim);
  const output = 2 * width * vocabulary;
  const forward = blocks + output;
  // A matrix gives two products back. Attention: scores again, dQ and dK; dP and dV.
  const backward = 2 * (matrices + output) + scores * (3 * keyDim + 2 * valueDim);
  const again = recompute ? blocks : 0;
  return { forward, backward, recompute: again, training: forward + backward + again };
}

/** Pairs of all layers and heads, of one sequence. */
function pairsOf(model: SparseTransformerConfig, plans: readonly Plan[]): number {
  let pairs = 0;
  for (let layer = 0; layer < model.layers; layer++) {
    const pattern = patternOfLayer(model, layer);
    const key = pattern.hash ?? pattern.name;
    const plan = plans.find((some) => (some.pattern.hash ?? some.pattern.name) === key)!;
    pairs += Number(plan.pairs) * (plan.heads === null ? model.heads : 1);
  }
  return pairs;
}
