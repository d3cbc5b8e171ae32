/** Several runs in one picture: their curves in one plot, and what they differ in. */
import { basename, resolve } from 'node:path';
import { unitOf } from '../data-kinds/index.ts';
import { TrainerError } from '../messages/index.ts';
import {
  type Content,
  type Curve,
  type CurveBase,
  chart,
  colourCount,
  colourVariables,
  Markup,
  markup,
  page,
  readCurves,
  smoothed,
} from '../report/index.ts';
import { readIdentity } from '../run-folder/index.ts';
import { type ComparedRun, configDifferences, finalFigures, type Row } from './differences.ts';

/** What runs along the curves; steps unless given. */
export interface CompareOptions {
  /** Steps taken, tokens trained on, or seconds spent in steps. */
  readonly by?: CurveBase;
}

const title = 'Comparison of runs';
const size = { width: 900, height: 500 };
const lineHeight = 20;

/**
 * The picture as an HTML file that needs nothing else.
 *
 * @param folders of 2 to 8 runs, finished or not
 * @throws TrainerError for another number, or a folder without a run
 */
export function compareAsHtml(folders: readonly string[], { by = 'steps' }: CompareOptions = {}): string {
  const runs = readRuns(folders, by);
  const parts = tablesOf(runs).map(
    ([name, rows]) =>
      markup`<h2>${name}</h2><div class="scroll"><table>${rows.map((row) => htmlRow(row))}</table></div>`,
  );
  return page(title, markup`<h1>${title}</h1><div class="charts">${plot(runs, by)}</div>${note}${parts}`);
}

/**
 * The same as an SVG document: the tables are text below the plot.
 *
 * @throws TrainerError as above
 */
export function compareAsSvg(folders: readonly string[], { by = 'steps' }: CompareOptions = {}): string {
  const runs = readRuns(folders, by);
  const tables = tablesOf(runs);
  const lines = tables.reduce((sum, [, rows]) => sum + rows.length + 2, 0);
  const height = size.height + lines * lineHeight;
  let y = size.height;
  const lineBelow = (gap: number) => {
    y += gap;
    return y;
  };
  const texts = tables.map(([name, rows]) => [
    markup`<text x="16" y="${lineBelow(2 * lineHeight)}" font-weight="600">${name}</text>`,
    ...rows.map((row) => svgRow(row, lineBelow(lineHeight))),
  ]);
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${height + lineHeight}" viewBox="0 0 ${size.width} ${height + lineHeight}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="var(--ink)">
<title>${title}</title><style>${new Markup(colourVariables)}</style><rect width="100%" height="100%" fill="var(--ground)"/>
<svg width="${size.width}" height="${size.height}">${plot(runs, by)}</svg>
${texts}
</svg>
`.text;
}

const note = markup`<p class="faint">Lines are training, smoothed; dots are validation.</p>`;

function readRuns(folders: readonly string[], by: CurveBase): ComparedRun[] {
  if (folders.length < 2 || folders.length > colourCount) {
    throw new TrainerError(
      `compare takes the folders of 2 to ${colourCount} runs; got ${folders.length}. For example: sparse-train compare runs/a runs/b`,
    );
  }
  const names = folders.map((folder) => basename(resolve(folder)));
  const isUnique = new Set(names).size === names.length;
  return folders.map((folder, index) => ({
    label: isUnique ? names[index]! : folder,
    identity: readIdentity(folder, 'compare'),
    curves: readCurves(folder, by),
  }));
}

function plot(runs: readonly ComparedRun[], by: CurveBase): Markup {
  const units = [...new Set(runs.map(({ identity }) => unitOf(identity.config.data)))];
  const curves = runs.flatMap(({ label, curves: { train, validation } }, colour): Curve[] => [
    { name: label, spans: smoothed(train.spans()), look: 'line', colour },
    { name: label, spans: validation.spans(), look: 'dots', colour },
  ]);
  return chart({ title: units.join(', '), xLabel: by, curves, ...size });
}

function tablesOf(runs: readonly ComparedRun[]): [name: string, rows: Row[]][] {
  const head: Row = ['', ...runs.map(({ label }) => label)];
  const differences = configDifferences(runs);
  const same: Row[] = [['no field', ...runs.map(() => '')]];
  return [
    ['Where they stand', [head, ...finalFigures(runs)]],
    ['What they differ in', [head, ...(differences.length > 0 ? differences : same)]],
  ];
}

function htmlRow([name, ...values]: Row): Content {
  return markup`<tr><th scope="row">${name}</th>${values.map((value) => markup`<td>${value}</td>`)}</tr>`;
}

function svgRow([name, ...values]: Row, y: number): Markup {
  const width = (size.width - 240) / values.length;
  const most = Math.floor((width - 12) / 7);
  const cells = values.map((value, column) => {
    const text = value.length > most ? `${value.slice(0, most - 1)}…` : value;
    return markup`<text x="${240 + column * width}" y="${y}">${text}</text>`;
  });
  return markup`<text x="16" y="${y}" fill="var(--faint)">${name}</text>${cells}`;
}
