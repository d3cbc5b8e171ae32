/** A chart of curves as SVG: no script, no style sheet of others. Its colours are variables that the page, or the picture, sets. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { type Markup, markup } from './markup.ts';
import type { Span } from './series.ts';

/** One curve of a chart. */
export interface Curve {
  /** What the legend calls it; curves of one name share an entry. */
  readonly name: string;
  /** Its points, from left to right. */
  readonly spans: readonly Span[];
  /** A line through the means with a band from lowest to highest; a line alone; or a dot a point, joined by a thin line. */
  readonly look: 'band' | 'line' | 'dots';
  /** Which of the eight colours. */
  readonly colour: number;
}

/** What a chart shows, and how large. */
export interface ChartOptions {
  /** The line above. */
  readonly title: string;
  /** What x is. */
  readonly xLabel: string;
  /** The curves; those without a finite value are left out. */
  readonly curves: readonly Curve[];
  /** Whether y begins at 0; else where the curves do. */
  readonly fromZero?: boolean;
  /** Width in pixels. */
  readonly width?: number;
  /** Height in pixels. */
  readonly height?: number;
}

/** Colours of curves for a light and a dark ground, told apart by people with any colour vision. */
export const colourVariables = `
  :root { --ground: #ffffff; --ink: #1d2329; --faint: #5d6873; --rule: #dfe4e8; --bad: #c62828;
    --curve-0: #0072b2; --curve-1: #d55e00; --curve-2: #009e73; --curve-3: #b0508c; --curve-4: #8a6d00; --curve-5: #2f7fbf; --curve-6: #6b6b6b; --curve-7: #7b4fb0; }
  @media (prefers-color-scheme: dark) { :root { --ground: #14181c; --ink: #e6eaee; --faint: #9aa6b2; --rule: #2c343b; --bad: #ff6b6b;
    --curve-0: #56b4e9; --curve-1: #ff9a4d; --curve-2: #2fc69a; --curve-3: #e39bc8; --curve-4: #e6c84a; --curve-5: #8ecbff; --curve-6: #a8a8a8; --curve-7: #b99cf0; } }`;

/** How many colours there are. */
export const colourCount = 8;

const margin = { left: 58, right: 24, top: 34, bottom: 42 };
const legendHeight = 22;
/** Where the highest value is so many times the lowest one, the axis is logarithmic. */
const widestLinearRange = 100;

/** Where the curves go, and how numbers become places. */
interface Plot {
  readonly width: number;
  readonly bottom: number;
  readonly x: Axis;
  readonly y: Axis;
}

/** What a plot is laid out by. */
interface Sizes {
  readonly width: number;
  readonly height: number;
  readonly top: number;
  readonly fromZero: boolean;
}

/** An axis: a place for each number, and the numbers to write. */
interface Axis {
  place(value: number): number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** The chart; a note in its place when no curve has a finite value. */
export function chart({
  title,
  xLabel,
  curves,
  fromZero = false,
  width = 480,
  height = 290,
}: ChartOptions): Markup {
  const drawn = curves.filter(({ spans }) => spans.some(({ mean }) => Number.isFinite(mean)));
  const entries = legendEntries(drawn, width);
  const top = margin.top + (entries.at(-1)?.row ?? -1) * legendHeight + legendHeight;
  const content =
    drawn.length === 0
      ? markup`<text x="${width / 2}" y="${height / 2}" text-anchor="middle" fill="var(--faint)">nothing to show yet</text>`
      : plotted(plotOf(drawn, { width, height, top, fromZero }), drawn, xLabel);
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="13"><title>${title}</title><text x="${margin.left}" y="20" font-weight="600" fill="var(--ink)">${title}</text>${entries.map(legendEntry)}${content}</svg>`;
}

function plotOf(curves: readonly Curve[], { width, height, top, fromZero }: Sizes): Plot {
  const spans = curves.flatMap((curve) => curve.spans);
  const seen = curves.flatMap((curve) =>
    curve.spans.filter(hasMean).flatMap((span) => shownValues(curve, span)),
  );
  const [low, high] = extent(fromZero ? [0, ...seen] : seen);
  const bottom = height - margin.bottom;
  // Steps and tokens are whole, and so are their ticks.
  const isWhole = spans.every(({ x }) => Number.isInteger(x));
  return {
    width,
    bottom,
    x: linearAxis(extent(spans.map(({ x }) => x)), [margin.left, width - margin.right], { isWhole }),
    y: verticalAxis([low, high], [bottom, top]),
  };
}

function hasMean({ mean }: Span): boolean {
  return Number.isFinite(mean);
}

function shownValues({ look }: Curve, { mean, low, high }: Span): number[] {
  return look === 'band' ? [low, high] : [mean];
}

function extent(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

function verticalAxis([low, high]: [number, number], range: [number, number]): Axis {
  if (!(low > 0 && high / low > widestLinearRange)) return linearAxis([low, high], range, { isNice: true });
  const scale = scaleLog([low, high], range).nice();
  const format = scale.tickFormat(5, formatFor(high) ?? '~g');
  const ticks = scale.ticks(5).map((value) => ({ at: scale(value), label: format(value) }));
  return { place: scale, ticks: ticks.filter(({ label }) => label !== '') };
}

function linearAxis(
  [low, high]: [number, number],
  range: [number, number],
  { isNice = false, isWhole = false }: { isNice?: boolean; isWhole?: boolean } = {},
): Axis {
  const margin = low === high ? Math.max(isWhole ? 1 : 0, Math.abs(low) / 10) || 1 : 0;
  const scale = scaleLinear([low - margin, high + margin], range);
  if (isNice) scale.nice(5);
  const most = isWhole ? Math.max(1, Math.min(5, Math.floor(high - low + 2 * margin))) : 5;
  const format = scale.tickFormat(most, formatFor(Math.max(Math.abs(low), Math.abs(high))));
  return {
    place: scale,
    ticks: scale.ticks(most).map((value) => ({ at: scale(value), label: format(value) })),
  };
}

/** `12k`, `0.25`, `1e-5`: what is shortest. */
function formatFor(largest: number): string | undefined {
  if (largest >= 1e4) return '~s';
  return largest < 1e-2 ? '~g' : undefined;
}

function plotted(plot: Plot, curves: readonly Curve[], xLabel: string): Markup {
  const { width, bottom, x, y } = plot;
  const right = width - margin.right;
  const rows = y.ticks.map(
    ({ at, label }) =>
      markup`<path d="M${margin.left} ${round(at)}H${right}" stroke="var(--rule)"/><text x="${margin.left - 6}" y="${round(at + 4)}" text-anchor="end" fill="var(--faint)">${label}</text>`,
  );
  const columns = x.ticks.map(
    ({ at, label }) =>
      markup`<path d="M${round(at)} ${bottom}v4" stroke="var(--faint)"/><text x="${round(at)}" y="${bottom + 18}" text-anchor="middle" fill="var(--faint)">${label}</text>`,
  );
  const label = markup`<text x="${right}" y="${bottom + 34}" text-anchor="end" fill="var(--faint)">${xLabel}</text>`;
  return markup`${rows}${columns}${label}${curves.map((curve) => drawnCurve(plot, curve))}`;
}

function drawnCurve(plot: Plot, curve: Curve): Markup {
  const colour = colourOf(curve);
  const pieces = unbroken(curve.spans);
  const band =
    curve.look === 'band'
      ? markup`<path d="${pieces.map((piece) => bandPath(plot, piece)).join('')}" fill="${colour}" fill-opacity="0.2"/>`
      : '';
  const line = markup`<path d="${pieces.map((piece) => linePath(plot, piece)).join('')}" fill="none" stroke="${colour}" stroke-width="${curve.look === 'dots' ? 1 : 1.75}" stroke-linejoin="round" stroke-linecap="round"/>`;
  const isDotted = (piece: readonly Span[]) => curve.look === 'dots' || piece.length === 1;
  const dots = pieces
    .filter(isDotted)
    .flat()
    .map(
      ({ x, mean }) =>
        markup`<circle cx="${round(plot.x.place(x))}" cy="${round(plot.y.place(mean))}" r="2.5" fill="${colour}"/>`,
    );
  return markup`<g>${band}${line}${dots}${notFiniteMarks(plot, curve.spans)}</g>`;
}

/** Crosses at the lower edge, where a value is not finite. */
function notFiniteMarks({ x, bottom }: Plot, spans: readonly Span[]): Markup | '' {
  const path = spans
    .filter(({ hasNotFinite }) => hasNotFinite)
    .map((span) => `M${round(x.place(span.x) - 4)} ${bottom - 4}l8 8m0 -8l-8 8`)
    .join('');
  return path === ''
    ? ''
    : markup`<path d="${path}" stroke="var(--bad)" stroke-width="1.5"><title>not a finite number</title></path>`;
}

/** The curve in pieces, without the spans that have no finite value. */
function unbroken(spans: readonly Span[]): Span[][] {
  const pieces: Span[][] = [[]];
  for (const span of spans) {
    if (hasMean(span)) pieces.at(-1)!.push(span);
    else pieces.push([]);
  }
  return pieces.filter(({ length }) => length > 0);
}

function linePath(plot: Plot, spans: readonly Span[]): string {
  return `M${spans.map(({ x, mean }) => point(plot, x, mean)).join('L')}`;
}

function bandPath(plot: Plot, spans: readonly Span[]): string {
  const above = spans.map(({ x, high }) => point(plot, x, high));
  const below = spans.map(({ x, low }) => point(plot, x, low));
  return `M${[...above, ...below.reverse()].join('L')}Z`;
}

function point({ x, y }: Plot, atX: number, atY: number): string {
  return `${round(x.place(atX))} ${round(y.place(atY))}`;
}

/** A curve's name and where it stands above the plot. */
interface LegendEntry {
  readonly curve: Curve;
  readonly x: number;
  readonly row: number;
}

/** Entries side by side in as many rows as they need; none for a single curve. */
function legendEntries(curves: readonly Curve[], width: number): LegendEntry[] {
  const distinct = new Map(curves.map((curve) => [curve.name, curve]));
  if (distinct.size < 2 && curves.length < 2) return [];
  let [x, row] = [margin.left, 0];
  return [...distinct.values()].map((curve) => {
    const size = 32 + 7.4 * curve.name.length;
    if (x > margin.left && x + size > width) [x, row] = [margin.left, row + 1];
    const entry = { curve, x, row };
    x += size;
    return entry;
  });
}

function legendEntry({ curve, x, row }: LegendEntry): Markup {
  const y = 42 + row * legendHeight;
  return markup`<path d="M${x} ${y - 4}h14" stroke="${colourOf(curve)}" stroke-width="3"/><text x="${x + 19}" y="${y}" fill="var(--ink)">${curve.name}</text>`;
}

function colourOf({ colour }: Curve): string {
  return `var(--curve-${colour % colourCount})`;
}

/** A tenth of a pixel is enough. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
