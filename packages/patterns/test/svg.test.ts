import { describe, expect, it } from 'vitest';
import { causal, fixed, local, perHead, predicate, strided, toSvg } from '../src/index.ts';

const fills = (svg: string) => [...svg.matchAll(/<g fill="(#\w+)">/g)].map(([, colour]) => colour);

describe('toSvg', () => {
  it('draws one rectangle for neighbouring cells', () => {
    const svg = toSvg(
      predicate(() => true, 'all', { causal: false }),
      { queries: 5, keys: 7, cell: 10 },
    );
    expect(svg.match(/<rect x="0" y="0" width="70" height="50"\/>/g)).toHaveLength(1);
    expect(svg).toContain('<g fill="#0072b2"><rect x="0" y="0" width="70" height="50"/></g>');
  });

  it('covers exactly the cells that the pattern shows', () => {
    const pattern = strided({ stride: 5 });
    const svg = toSvg(pattern, { queries: 30, cell: 1 });
    const body = svg.slice(svg.indexOf('<g transform'), svg.indexOf('<path'));
    const seen = new Uint8Array(900);
    for (const [, x, y, width, height] of body.matchAll(
      /<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"\/>/g,
    )) {
      for (let row = Number(y); row < Number(y) + Number(height); row++) {
        for (let column = Number(x); column < Number(x) + Number(width); column++) seen[row * 30 + column]!++;
      }
    }
    seen.forEach((times, cell) => {
      expect(times).toBe(pattern.allows(Math.floor(cell / 30), cell % 30) ? 1 : 0);
    });
  });

  it('gives each factor a colour and a line of the legend', () => {
    const svg = toSvg(strided({ stride: 4 }), { queries: 12 });
    expect(new Set(fills(svg)).size).toBe(2);
    expect(svg).toContain('>local(window 4)</text>');
    expect(svg).toContain('>column(stride 4)</text>');
  });

  it('needs no legend for one colour', () => {
    expect(toSvg(causal(), { queries: 4 }).match(/<text/g)).toHaveLength(1);
  });

  it('draws heads side by side, equal factors in equal colours', () => {
    const heads = [0, 1].map((slot) => fixed({ block: 4, summary: 1, slot }));
    const svg = toSvg(perHead(heads), { queries: 8, cell: 10 });
    expect([...svg.matchAll(/translate\((\d+) /g)].map(([, x]) => Number(x))).toEqual([12, 12 + 80 + 24]);
    const [block, summary, otherBlock, otherSummary] = fills(svg);
    expect(block).toBe(otherBlock);
    expect(new Set([block, summary, otherSummary]).size).toBe(3);
  });

  it('escapes text', () => {
    const svg = toSvg(
      predicate(() => true, '<script>alert("&")</script>\u0000'),
      { queries: 2 },
    );
    expect(svg).not.toContain('<script');
    expect(svg).toContain('predicate(&lt;script&gt;alert("&amp;")&lt;/script&gt;\ufffd)');
  });

  it('stays small: the million cells of a window are some thousand rectangles', () => {
    expect(toSvg(local({ window: 32 }), { queries: 1024, cell: 1 }).length).toBeLessThan(100_000);
  });

  it('takes a title of its own', () => {
    expect(toSvg(causal(), { queries: 2, title: 'Dense' })).toContain('<title>Dense</title>');
    expect(() => toSvg(causal(), { queries: 2, title: 3 as never })).toThrow(
      'toSvg: `title` must be a string',
    );
  });
});
