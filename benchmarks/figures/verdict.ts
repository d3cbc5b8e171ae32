import type { Figure } from '../bench.ts';
import { thisMachine } from './machine.ts';

const comparisons: Record<string, (value: number, bound: number) => boolean> = {
  '<=': (value, bound) => value <= bound,
  '>=': (value, bound) => value >= bound,
  '<': (value, bound) => value < bound,
  '>': (value, bound) => value > bound,
  '=': (value, bound) => value === bound,
};

/** Whether a figure reaches what it must. `told`: it must reach nothing, or nothing on this machine. */
export function verdictOf({ value, must, on }: Figure): 'met' | 'missed' | 'told' {
  if (must === undefined) return 'told';
  const [, comparison = '', bound] = /^(<=|>=|<|>|=) (\S+)$/.exec(must) ?? [];
  const compare = comparisons[comparison];
  if (compare === undefined || Number.isNaN(Number(bound)))
    throw new Error(`report: must is a comparison and a number, such as '<= 200'; got '${must}'`);
  if (on !== undefined && on !== thisMachine()) return 'told';
  return compare(value, Number(bound)) ? 'met' : 'missed';
}
