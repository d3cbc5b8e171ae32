import { lastAtMost } from './last-at-most.ts';
import type { TokenSplit } from './splits.ts';

/** The tokens of a split at which a window may begin, by number. */
export interface Beginnings {
  /** How many there are. */
  readonly count: number;
  /** The token at which beginning `number` lies, from 0 to `count` - 1. */
  at(number: number): number;
}

/** A row of beginnings at neighbouring tokens. */
interface Run {
  /** The token of the first one. */
  readonly start: number;
  /** How many beginnings there are in the runs before. */
  readonly before: number;
}

/** Where windows of `length` tokens and the one after them may begin. The split must have room for one. */
export function beginningsOf(split: TokenSplit, length: number): Beginnings {
  const { pieces = [0], record, tokens } = split;
  const last = tokens - length - 1;
  if (record !== undefined) return { count: Math.floor(last / record) + 1, at: (number) => number * record };
  const runs: Run[] = [];
  let count = 0;
  pieces.forEach((start, index) => {
    const end = pieces[index + 1] ?? tokens;
    runs.push({ start: Math.min(start, last), before: count });
    // Short pieces at the end of the split share its last window.
    count += end - start > length ? end - start - length : Math.max(1, Math.min(end - 1, last) - start + 1);
  });
  return { count, at: (number) => tokenOf(runs, number) };
}

/** The run that holds a beginning is the last one that begins before it. */
function tokenOf(runs: readonly Run[], number: number): number {
  const run = runs[lastAtMost(runs.length, number, (index) => runs[index]!.before)]!;
  return run.start + number - run.before;
}
