import { writeFileSync } from 'node:fs';
import * as vega from 'vega';

/** Losses by step, by name. */
type Curves = ReadonlyMap<string, readonly number[]>;

/** Draws losses by step, one line a curve, and dashed over it in black the twin of the same name, as an SVG file. */
export async function plotCurves(file: string, curves: Curves, twins: Curves): Promise<void> {
  const pointsOf = (of: Curves, isTwin: boolean) =>
    [...of].flatMap(([name, losses]) =>
      losses.map((loss, step) => ({
        name,
        curve: isTwin ? `twin of ${name}` : name,
        step,
        loss,
        dash: isTwin ? [3, 7] : [1, 0],
        isTwin,
      })),
    );
  const values = [...pointsOf(curves, false), ...pointsOf(twins, true)];
  const spec: vega.Spec = {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    title: 'Training loss, ours and the PyTorch twin (dashed), same weights and batches',
    width: 640,
    height: 320,
    padding: 8,
    background: 'white',
    data: [{ name: 'losses', values }],
    scales: [
      { name: 'x', type: 'linear', range: 'width', domain: { data: 'losses', field: 'step' } },
      {
        name: 'y',
        type: 'linear',
        range: 'height',
        zero: false,
        nice: true,
        domain: { data: 'losses', field: 'loss' },
      },
      { name: 'colour', type: 'ordinal', range: 'category', domain: { data: 'losses', field: 'name' } },
    ],
    axes: [
      { orient: 'bottom', scale: 'x', title: 'step' },
      { orient: 'left', scale: 'y', title: 'loss, nats a token', grid: true },
    ],
    legends: [{ stroke: 'colour', symbolType: 'stroke', labelLimit: 240 }],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'curve', data: 'losses', groupby: 'curve' } },
        marks: [
          {
            type: 'line',
            from: { data: 'curve' },
            encode: {
              update: {
                x: { scale: 'x', field: 'step' },
                y: { scale: 'y', field: 'loss' },
                stroke: [
                  { test: 'datum.isTwin', value: 'black' },
                  { scale: 'colour', field: 'name' },
                ],
                strokeDash: { field: 'dash' },
                strokeWidth: { value: 2 },
              },
            },
          },
        ],
      },
    ],
  };
  writeFileSync(file, await new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG());
}
