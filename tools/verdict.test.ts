/** What a benchmark's figure must reach is judged on the machine that it names, and told on others. */
import { expect, it } from 'vitest';
import { thisMachine } from '../benchmarks/figures/machine.ts';
import { verdictOf } from '../benchmarks/figures/verdict.ts';

const figure = { name: 'product', engine: 'native', value: 3, unit: 'GFLOP/s' };

it.each([
  { must: '>= 3', verdict: 'met' },
  { must: '> 3', verdict: 'missed' },
  { must: '> 3', on: thisMachine(), verdict: 'missed' },
  { must: '> 3', on: '2 cores of another processor', verdict: 'told' },
  { verdict: 'told' },
])('is $verdict where 3 must be $must on $on', ({ verdict, ...rest }) => {
  expect(verdictOf({ ...figure, ...rest })).toBe(verdict);
});

it('names a bound that is none, on any machine', () => {
  expect(() => verdictOf({ ...figure, must: 'fast', on: '2 cores of another processor' })).toThrow(/'fast'/);
});
