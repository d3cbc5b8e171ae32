import { writeFileSync } from 'node:fs';
import * as vega from 'vega';
import type { DecodingPoint } from './contexts.ts';

/** Draws tokens a second by context on logarithmic axes, a line for each pattern, as an SVG file. */
export async function plotDecoding(file: string, points: readonly DecodingPoint[]): Promise<void> {
  const x = { scale: 'x', field: 'context' };
  const y = { scale: 'y', field: 'tokensASecond' };
  const colour = { scale: 'colour', field: 'name' };
  const contexts = [...new Set(points.map(({ context }) => context))];
  const spec: vega.Spec = {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    title: 'Decoding with cached keys and values, one sequence',
    padding: 8,
    background: 'white',
    width: 420,
    height: 300,
    data: [{ name: 'points', values: [...points] }],
    scales: [
      { name: 'x', type: 'log', range: 'width', domain: { data: 'points', field: 'context' } },
      {
        name: 'y',
        type: 'log',
        range: 'height',
        nice: true,
        domain: { data: 'points', field: 'tokensASecond' },
      },
      { name: 'colour', type: 'ordinal', range: 'category', domain: { data: 'points', field: 'name' } },
    ],
    axes: [
      {
        orient: 'bottom',
        scale: 'x',
        title: 'tokens before',
        values: contexts,
        format: 'd',
        labelAngle: -45,
      },
      { orient: 'left', scale: 'y', title: 'tokens a second', grid: true, format: '~s', tickCount: 6 },
    ],
    legends: [{ stroke: 'colour', symbolType: 'stroke' }],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'line', data: 'points', groupby: 'name' } },
        marks: [
          {
            type: 'line',
            from: { data: 'line' },
            encode: { update: { x, y, stroke: colour, strokeWidth: { value: 2 } } },
          },
          {
            type: 'symbol',
            from: { data: 'line' },
            encode: { update: { x, y, fill: colour, size: { value: 30 } } },
          },
        ],
      },
    ],
  };
  writeFileSync(file, await new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG());
}
