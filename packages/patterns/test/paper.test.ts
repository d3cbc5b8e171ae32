/** What Child et al. (2019, section 4) say of their patterns. */
import { describe, expect, it } from 'vitest';
import {
  blockLocal,
  causal,
  column,
  compile,
  fixed,
  local,
  type Pattern,
  strided,
  summary,
} from '../src/index.ts';

const rows = [
  {
    n: 3_072,
    l: 96,
    c: 32,
    dense: 4_720_128n,
    strided: [6.21, 1.07, 7.16],
    fixed: [3.16, 32.6, 35.4],
    keys: [110.0, 544.5],
  },
  {
    n: 12_288,
    l: 128,
    c: 32,
    dense: 75_503_616n,
    strided: [2.09, 0.79, 2.85],
    fixed: [1.05, 24.8, 25.8],
    keys: [174.8, 1584.5],
  },
  {
    n: 12_288,
    l: 128,
    c: 8,
    dense: 75_503_616n,
    strided: [2.09, 0.79, 2.85],
    fixed: [1.05, 6.19, 7.23],
    keys: [174.8, 444.5],
  },
  {
    n: 65_536,
    l: 256,
    c: 1,
    dense: 2_147_516_416n,
    strided: [0.78, 0.39, 1.17],
    fixed: [0.39, 0.39, 0.78],
    keys: [383.0, 256.0],
  },
  {
    n: 1_048_576,
    l: 1024,
    c: 1,
    dense: 549_756_338_176n,
    strided: [0.195, 0.098, 0.293],
    fixed: [0.098, 0.098, 0.195],
    keys: [1535, 1024],
  },
];

const digits = (value: number) => (String(value).split('.')[1] ?? '').length;

describe.each(rows)('n = $n, l = $l, c = $c', ({ n, l, c, dense, ...printed }) => {
  const pairs = (pattern: Pattern) => compile(pattern, { queries: n }).pairs;
  const percent = (pattern: Pattern) => (100 * Number(pairs(pattern))) / Number(dense);
  const merged = { strided: strided({ stride: l, window: l + 1 }), fixed: fixed({ block: l, summary: c }) };

  /** Half a unit of the last printed digit, and a hair for decimal fractions in binary. */
  function expectPrinted(value: number, expected: number, places = digits(expected)) {
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(0.5 * 10 ** -places + 1e-9);
  }

  it('has the pairs of dense causal attention', () => {
    expect(pairs(causal())).toBe(dense);
  });

  it('keeps the printed share, strided', () => {
    const patterns = [...merged.strided.factors, merged.strided];
    for (const [index, pattern] of patterns.entries())
      expectPrinted(percent(pattern), printed.strided[index]!);
  });

  it('keeps the printed share, fixed', () => {
    const patterns = [...merged.fixed.factors, merged.fixed];
    for (const [index, pattern] of patterns.entries()) expectPrinted(percent(pattern), printed.fixed[index]!);
  });

  it('shows the printed mean of keys a query', () => {
    const places = n === 1_048_576 ? 0 : 1;
    expectPrinted(Number(pairs(merged.strided)) / n, printed.keys[0]!, places);
    expectPrinted(Number(pairs(merged.fixed)) / n, printed.keys[1]!, places);
  });

  it('has the pairs that a sum over queries gives, exactly', () => {
    let [ofStrided, ofFixed] = [0n, 0n];
    for (let query = 0; query < n; query++) {
      const before = Math.max(Math.floor(query / l) - 1, 0);
      ofStrided += BigInt(Math.min(query, l) + 1 + before);
      ofFixed += BigInt((query % l) + 1 + Math.floor(query / l) * c);
    }
    expect(pairs(merged.strided)).toBe(ofStrided);
    expect(pairs(merged.fixed)).toBe(ofFixed);
  });
});

describe('validity: with p factors every earlier position is reached within p + 1 steps', () => {
  /** Positions that information can come from after one step along each factor in turn, in the best order, `steps` times. */
  function reaches(factors: readonly Pattern[], n: number, steps: number): boolean {
    let reached = Array.from({ length: n }, (_, query) => new Set([query]));
    for (let step = 0; step < steps; step++) {
      reached = reached.map((from) => {
        const next = new Set(from);
        for (const at of from) for (const factor of factors) for (const key of factor.keys(at)) next.add(key);
        return next;
      });
    }
    return reached.every((from, query) => from.size === query + 1);
  }

  it.each([
    [1, 1],
    [17, 4],
    [40, 6],
    [50, 7],
    [64, 8],
  ])('strided, n = %i, l = %i', (n, l) => {
    expect(reaches(strided({ stride: l, window: l + 1 }).factors, n, 3)).toBe(true);
    expect(reaches(strided({ stride: l }).factors, n, 3)).toBe(true);
  });

  it.each([
    [1, 1, 1],
    [17, 4, 1],
    [40, 6, 2],
    [50, 7, 3],
    [64, 8, 8],
  ])('fixed, n = %i, l = %i, c = %i', (n, l, c) => {
    expect(reaches(fixed({ block: l, summary: c }).factors, n, 3)).toBe(true);
  });

  it('fails for a window or a block alone', () => {
    expect(reaches([local({ window: 4 }), local({ window: 4 })], 40, 3)).toBe(false);
    expect(reaches([blockLocal({ block: 8 }), column({ stride: 8 })], 40, 1)).toBe(false);
    expect(reaches([blockLocal({ block: 8 }), summary({ block: 8, summary: 1 })], 40, 1)).toBe(false);
  });
});
