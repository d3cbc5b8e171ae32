/** From a pattern to a plan: by formulas where the pattern has structure, by looking at cells where it has none. */

import { checkSize, largestSize, PatternError, show } from '../errors.ts';
import type { Pattern } from '../patterns/index.ts';
import { passesOfCells } from './compile-cells.ts';
import { passesOfTerms } from './compile-terms.ts';
import { costOf } from './cost.ts';
import { explain } from './explain.ts';
import type { Pass, Plan, PlanGroup } from './plan.ts';

/** The size that a plan is for. */
export interface CompileOptions {
  /** Number of queries. */
  queries: number;
  /** Number of keys; as many as queries unless given. */
  keys?: number;
  /** Position of the first query: for a later slice of a sequence. */
  offset?: number;
  /** Rows of a tile: a power of two from 4 to 128; `auto` lets each pass choose 32 or 64. */
  tile?: 'auto' | number;
}

/** The checked size of a plan. */
export type PlanSize = Required<CompileOptions>;

/**
 * Compiles a pattern for one length. Structured patterns cost O(queries); others look at queries × keys cells.
 *
 * @throws PatternError when a size makes no sense.
 */
export function compile(pattern: Pattern, options: CompileOptions): Plan {
  const size = checkedSize(options);
  const groups = groupsOf(pattern, size);
  const heads = pattern.heads?.length ?? null;
  const plan: Plan = {
    pattern,
    queries: size.queries,
    keys: size.keys,
    offset: size.offset,
    heads,
    groups,
    pairs: groups.reduce((sum, group) => sum + headsOf(group) * pairsOf(group.passes), 0n),
    tiles: groups.reduce((sum, group) => sum + Number(headsOf(group)) * tilesOf(group.passes), 0),
    cost: (costOptions) => costOf(plan, costOptions),
    explain: () => explain(plan),
  };
  return Object.freeze(plan);
}

/** Pairs of some passes, exactly. */
function pairsOf(passes: readonly Pass[]): bigint {
  return passes.reduce((sum, pass) => sum + pairsOfPass(pass), 0n);
}

function pairsOfPass({ byQuery, masks, fullTiles, tile }: Pass): bigint {
  let masked = 0;
  byQuery.mask.forEach((mask, run) => {
    if (mask >= 0) masked += masks.pairs[mask]! * byQuery.count[run]!;
  });
  return BigInt(fullTiles) * BigInt(tile * tile) + BigInt(masked);
}

function tilesOf(passes: readonly Pass[]): number {
  return passes.reduce((sum, pass) => sum + pass.fullTiles + pass.partialTiles, 0);
}

function headsOf({ heads }: PlanGroup): bigint {
  return BigInt(heads?.length ?? 1);
}

function groupsOf(pattern: Pattern, size: PlanSize): PlanGroup[] {
  if (pattern.heads === null) return [{ heads: null, pattern, passes: passesOf(pattern, size) }];
  const groups = new Map<Pattern | string, { pattern: Pattern; heads: number[] }>();
  pattern.heads.forEach((head, index) => {
    const key = head.hash ?? head;
    const group = groups.get(key);
    if (group) group.heads.push(index);
    else groups.set(key, { pattern: head, heads: [index] });
  });
  return [...groups.values()].map((group) => ({ ...group, passes: passesOf(group.pattern, size) }));
}

function passesOf(pattern: Pattern, size: PlanSize): Pass[] {
  return pattern.terms ? passesOfTerms(pattern.terms, size) : passesOfCells(pattern, size);
}

function checkedSize({ queries, keys = queries, offset = 0, tile = 'auto' }: CompileOptions): PlanSize {
  checkSize('compile', 'queries', queries);
  checkSize('compile', 'keys', keys);
  checkSize('compile', 'offset', offset, 0);
  if (offset + queries > largestSize) {
    throw new PatternError(
      `compile: \`offset + queries\` must be at most ${largestSize}, but it is ${offset + queries}.`,
    );
  }
  if (tile !== 'auto' && ![4, 8, 16, 32, 64, 128].includes(tile)) {
    throw new PatternError(
      `compile: \`tile\` must be 'auto', 4, 8, 16, 32, 64 or 128, but it is ${show(tile)}.`,
    );
  }
  return { queries, keys, offset, tile };
}
