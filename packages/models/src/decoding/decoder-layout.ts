/** Which heads of which layers share a pattern, and so the index of a cache: the same rows stand in the same places. */
import type { Pattern } from '@sparse-transformers/patterns';
import type { SparseTransformerConfig } from '../sparse-transformer/index.ts';
import { patternOfLayer } from '../sparse-transformer/index.ts';

/** Heads of one layer that have the same pattern. */
interface HeadGroup {
  /** The pattern, as a number into `patterns`. */
  readonly pattern: number;
  /** The heads, ascending. */
  readonly heads: readonly number[];
}

/** The patterns of a model. */
export interface DecoderLayout {
  /** Those that differ; none is made by `perHead`. */
  readonly patterns: readonly Pattern[];
  /** The groups of each layer; together they have all heads. */
  readonly layers: readonly (readonly HeadGroup[])[];
  /** How many heads of all layers have each pattern. */
  readonly heads: readonly number[];
}

/** Sorts the heads of all layers by their patterns. Predicates have no hash: only the same object is the same pattern. */
export function layoutOf(config: SparseTransformerConfig): DecoderLayout {
  const patterns: Pattern[] = [];
  const numberOf = (pattern: Pattern) => {
    const isSame = (known: Pattern) =>
      known === pattern || (known.hash !== null && known.hash === pattern.hash);
    const found = patterns.findIndex(isSame);
    return found < 0 ? patterns.push(pattern) - 1 : found;
  };
  const layers = Array.from({ length: config.layers }, (_, layer) => {
    const pattern = patternOfLayer(config, layer);
    const ofHeads = Array.from({ length: config.heads }, (_, head) =>
      numberOf(pattern.heads?.[head] ?? pattern),
    );
    return [...new Set(ofHeads)].map((number) => ({
      pattern: number,
      heads: [...ofHeads.keys()].filter((head) => ofHeads[head] === number),
    }));
  });
  const heads = patterns.map((_, number) =>
    layers.flat().reduce((sum, group) => sum + (group.pattern === number ? group.heads.length : 0), 0),
  );
  return { patterns, layers, heads };
}
