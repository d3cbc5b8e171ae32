/** The patterns of a model, each once: what it shows, drawings of its beginning, and what its plan says. */
import { patternOfLayer, type SparseTransformerConfig } from '@sparse-transformers/models';
import { compile, type Pattern, patternKinds, toSvg } from '@sparse-transformers/patterns';

/** A pattern as a report shows it. */
export interface PatternPicture {
  /** The layers that have it, from 0. */
  readonly layers: readonly number[];
  /** What it shows, in a line; empty for a kind without one. */
  readonly meaning: string;
  /** Its drawings: one, or that of each different head. */
  readonly drawings: readonly PatternDrawing[];
  /** How many different heads are not drawn. */
  readonly leftOut: number;
  /** How many queries and keys are drawn. */
  readonly shown: number;
  /** What its plan for the whole length says. */
  readonly explanation: string;
}

/** A drawing, one for all heads or for those that are alike. */
export interface PatternDrawing {
  /** The call that makes what it shows. */
  readonly name: string;
  /** The heads that have it, from 0; none where all have the same. */
  readonly heads: readonly number[];
  /** An SVG document. */
  readonly svg: string;
}

const mostShown = 256;
const mostDrawings = 8;
const mostPixels = 384;

/** The distinct patterns of the layers, in the order in which they come. */
export function patternPictures(config: SparseTransformerConfig): PatternPicture[] {
  const layers = Array.from({ length: config.layers }, (_, layer) => patternOfLayer(config, layer));
  const shown = Math.min(config.length, mostShown);
  return alike(layers).map(({ pattern, places }) => {
    const heads = alike(pattern.heads ?? []);
    const distinct = heads.length === 0 ? [{ pattern, places: [] }] : heads;
    return {
      layers: places,
      meaning: meaningOf(pattern),
      drawings: distinct.slice(0, mostDrawings).map((head) => drawn(head, shown)),
      leftOut: Math.max(0, distinct.length - mostDrawings),
      shown,
      explanation: compile(pattern, { queries: config.length }).explain(),
    };
  });
}

/** A pattern, and where it stands in a list. */
interface Placed {
  readonly pattern: Pattern;
  readonly places: number[];
}

/** Each pattern once. */
function alike(patterns: readonly Pattern[]): Placed[] {
  const known = new Map<string, Placed>();
  for (const [place, pattern] of patterns.entries()) {
    const key = pattern.hash ?? pattern.name;
    const same = known.get(key);
    if (same) same.places.push(place);
    else known.set(key, { pattern, places: [place] });
  }
  return [...known.values()];
}

function drawn({ pattern, places }: Placed, shown: number): PatternDrawing {
  const cell = Math.max(1, Math.floor(mostPixels / shown));
  return {
    name: pattern.name,
    heads: places,
    svg: toSvg(pattern, { queries: shown, cell, title: '' }),
  };
}

function meaningOf(pattern: Pattern): string {
  // A predicate has no saved form.
  if (pattern.hash === null) return '';
  const { kind } = pattern.toJSON().pattern;
  return patternKinds.find((known) => known.kind === kind)?.meaning ?? '';
}
