/** The patterns of a model, each once: a drawing of its beginning, and what its plan says. */
import { patternOfLayer, type SparseTransformerConfig } from '@sparse-transformers/models';
import { compile, type Pattern, perHead, toSvg } from '@sparse-transformers/patterns';

/** A pattern as a report shows it. */
export interface PatternPicture {
  /** Its name. */
  readonly name: string;
  /** The layers that have it, from 0. */
  readonly layers: readonly number[];
  /** An SVG document of the first queries and keys. */
  readonly svg: string;
  /** How many of them it shows. */
  readonly shown: number;
  /** What its plan for the whole length says. */
  readonly explanation: string;
}

const mostShown = 256;
const mostHeads = 8;
const mostPixels = 384;

/** The distinct patterns of the layers, in the order in which they come. */
export function patternPictures(config: SparseTransformerConfig): PatternPicture[] {
  const layersOf = new Map<string, { pattern: Pattern; layers: number[] }>();
  for (let layer = 0; layer < config.layers; layer++) {
    const pattern = patternOfLayer(config, layer);
    const key = pattern.hash ?? pattern.name;
    const known = layersOf.get(key);
    if (known) known.layers.push(layer);
    else layersOf.set(key, { pattern, layers: [layer] });
  }
  return [...layersOf.values()].map(({ pattern, layers }) => {
    const shown = Math.min(config.length, mostShown);
    const cell = Math.max(1, Math.floor(mostPixels / shown));
    return {
      name: pattern.name,
      layers,
      svg: toSvg(drawable(pattern), { queries: shown, cell, title: '' }),
      shown,
      explanation: compile(pattern, { queries: config.length }).explain(),
    };
  });
}

/** Of many heads, the first with each different pattern. */
function drawable(pattern: Pattern): Pattern {
  const distinct = new Map(pattern.heads?.map((head) => [head.hash ?? head.name, head]));
  return distinct.size === 0 ? pattern : perHead([...distinct.values()].slice(0, mostHeads));
}
