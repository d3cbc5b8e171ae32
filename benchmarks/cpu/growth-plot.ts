import { writeFileSync } from 'node:fs';
import * as vega from 'vega';
import type { GrowthPoint } from './attention-growth.ts';

/** Draws time and memory by length on logarithmic axes, a line for each engine, as an SVG file. */
export async function plotGrowth(file: string, points: readonly GrowthPoint[]): Promise<void> {
  const lengths = [...new Set(points.map(({ length }) => length))];
  const spec: vega.Spec = {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    title: 'Strided attention with l = √n, forward and backward',
    padding: 8,
    background: 'white',
    layout: { columns: 2, padding: 24 },
    data: [{ name: 'points', values: [...points] }],
    scales: [
      { name: 'colour', type: 'ordinal', range: 'category', domain: { data: 'points', field: 'engine' } },
    ],
    legends: [{ stroke: 'colour', symbolType: 'stroke' }],
    marks: [panel('milliseconds', 'time, ms', lengths), panel('mebibytes', 'memory, MiB', lengths)],
  };
  writeFileSync(file, await new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG());
}

function panel(
  field: 'milliseconds' | 'mebibytes',
  title: string,
  lengths: readonly number[],
): vega.GroupMark {
  const x = { scale: 'x', field: 'length' };
  const y = { scale: 'y', field };
  const colour = { scale: 'colour', field: 'engine' };
  return {
    type: 'group',
    encode: { enter: { width: { value: 300 }, height: { value: 300 } } },
    scales: [
      { name: 'x', type: 'log', range: [0, 300], domain: { data: 'points', field: 'length' } },
      { name: 'y', type: 'log', range: [300, 0], nice: true, domain: { data: 'points', field } },
    ],
    axes: [
      { orient: 'bottom', scale: 'x', title: 'length n', values: [...lengths], format: 'd', labelAngle: -45 },
      { orient: 'left', scale: 'y', title, grid: true, format: '~s', tickCount: 6 },
    ],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'line', data: 'points', groupby: 'engine' } },
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
}
