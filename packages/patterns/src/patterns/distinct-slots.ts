import { checkSize, PatternError } from '../errors.ts';
import type { Pattern } from './pattern.ts';
import { mostHeads, perHead } from './per-head.ts';
import type { SummaryOptions } from './summary.ts';

/** The parameters of `distinctSlots`: those of the pattern, and how many heads there are. */
export interface DistinctSlotsOptions extends Omit<SummaryOptions, 'slot'> {
  /** Heads, H. */
  heads: number;
}

/**
 * A slot of its own for each head, as the paper found best for the fixed pattern (section 4.2): head h takes slot
 * h mod (block ÷ summary), so heads begin again with slot 0 when a block has no more. `pattern` is `fixed`, or `summary` for a layer
 * between others.
 *
 * ```text
 * distinctSlots(fixed, { heads: 3, block: 3, summary: 1 })
 * #.......   #.......   #.......
 * ##......   ##......   ##......
 * ###.....   ###.....   ###.....
 * ..##....   .#.#....   #..#....
 * ..###...   .#.##...   #..##...
 * ..####..   .#.###..   #..###..
 * ..#..##.   .#..#.#.   #..#..#.
 * ..#..###   .#..#.##   #..#..##
 * ```
 *
 * @throws PatternError when a parameter is no whole number in range, or the summary doesn't fit the block.
 */
export function distinctSlots(
  pattern: (options: SummaryOptions) => Pattern,
  { heads, ...options }: DistinctSlotsOptions,
): Pattern {
  checkSize('distinctSlots', 'heads', heads);
  if (heads > mostHeads) {
    throw new PatternError(`distinctSlots: at most ${mostHeads} heads, but ${heads} were asked for.`);
  }
  const first = pattern({ ...options, slot: 0 }); // refuses what makes no sense, before slots are counted
  const slots = Math.floor(options.block / options.summary);
  const others = Array.from({ length: Math.min(slots, heads) - 1 }, (_, slot) =>
    pattern({ ...options, slot: slot + 1 }),
  );
  const bySlot = [first, ...others];
  return perHead(Array.from({ length: heads }, (_, head) => bySlot[head % slots]!));
}
