import type { Figure } from '../bench.ts';

const comparisons: Record<string, (value: number, bound: number) => boolean> = {
  '<=': (value, bound) => value <= bound,
  '>=': (value, bound) => value >= bound,
  '<': (value, bound) => value < bound,
  '>': (value, bound) => value > bound,
  '=': (value, bound) => value === bound,
};

/** Whether a figure reaches what it must; one that must reach nothing does. */
export function isMet({ value, must }: Figure): boolean {
  if (must === undefined) return true;
  const [, comparison = '', bound] = /^(<=|>=|<|>|=) (\S+)$/.exec(must) ?? [];
  const compare = comparisons[comparison];
  if (compare === undefined || Number.isNaN(Number(bound)))
    throw new Error(`report: must is a comparison and a number, such as '<= 200'; got '${must}'`);
  return compare(value, Number(bound));
}
