/** A pattern as a picture for documents: plain rectangles and text, no script, no style sheet. */

import { checkSize, PatternError, show } from '../errors.ts';
import type { Pattern } from '../patterns/index.ts';
import { type DrawOptions, drawnHeads } from './draw.ts';

/** What to draw, and how large. */
export interface SvgOptions extends DrawOptions {
  /** Width and height of a cell in pixels. */
  cell?: number;
  /** The line above the picture; the pattern's name unless given. */
  title?: string;
}

// Told apart by people with any colour vision (Okabe and Ito, 2008).
const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#999999', '#f0e442'];
const mostCells = 2 ** 22;
const margin = 12;
const lineHeight = 20;
const characterWidth = 7.5;

/** A rectangle of cells: columns `from` … `to − 1` of rows `top` … `bottom − 1`. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly top: number;
  bottom: number;
}

/**
 * An SVG document: rows are queries, columns keys, as in `draw`. Per-head patterns stand side by side.
 * Cells of a merged pattern take the colour of the first of its `factors` that shows them, with a legend.
 *
 * @throws PatternError when a size makes no sense or the picture would be too large.
 */
export function toSvg(
  pattern: Pattern,
  { queries, keys = queries, cell = 12, title = pattern.name }: SvgOptions,
): string {
  const heads = drawnHeads('toSvg', pattern, { queries, keys }, mostCells);
  checkSize('toSvg', 'cell', cell);
  if (typeof title !== 'string')
    throw new PatternError(`toSvg: \`title\` must be a string, but it is ${show(title)}.`);
  const colourOf = factorColours(heads);
  const legend = colourOf.size > 1 ? [...colourOf] : [];
  const panelTop = margin + lineHeight;
  const panelWidth = keys * cell;
  const panelBottom = panelTop + queries * cell;
  const panels = heads.map((head, index) =>
    panel(head, { queries, keys, cell, colourOf }, margin + index * (panelWidth + 2 * margin), panelTop),
  );
  const longest = Math.max(title.length, ...legend.map(([name]) => name.length + 3));
  const width =
    2 * margin + Math.max(heads.length * (panelWidth + 2 * margin) - 2 * margin, longest * characterWidth);
  const height = panelBottom + margin + legend.length * lineHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" fill="#222222">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(margin, margin + lineHeight / 2, title),
    ...panels,
    ...legend.map(([name, colour], line) =>
      legendLine(name, colour, panelBottom + margin + line * lineHeight),
    ),
    '</svg>',
    '',
  ].join('\n');
}

/** A colour for each factor's name, over all heads. */
function factorColours(heads: readonly Pattern[]): Map<string, string> {
  const names = new Set(heads.flatMap((head) => head.factors.map(({ name }) => name)));
  return new Map([...names].map((name, index) => [name, colours[index % colours.length]!]));
}

interface PanelOptions {
  readonly queries: number;
  readonly keys: number;
  readonly cell: number;
  readonly colourOf: ReadonlyMap<string, string>;
}

function panel(head: Pattern, options: PanelOptions, x: number, y: number): string {
  const { queries, keys, cell, colourOf } = options;
  const groups = head.factors.map((factor, index) => {
    const isShown = (query: number, key: number) =>
      factor.allows(query, key) &&
      !head.factors.slice(0, index).some((earlier) => earlier.allows(query, key));
    const rects = blocksOf(isShown, queries, keys).map((block) => rect(block, cell));
    return `<g fill="${colourOf.get(factor.name)}">${rects.join('')}</g>`;
  });
  return `<g transform="translate(${x} ${y})">${groups.join('')}${grid(options)}</g>`;
}

/** Neighbouring cells of a row as one block, and equal runs of neighbouring rows too. */
function blocksOf(isShown: (query: number, key: number) => boolean, queries: number, keys: number): Block[] {
  const done: Block[] = [];
  let open = new Map<string, Block>();
  for (let query = 0; query < queries; query++) {
    const next = new Map<string, Block>();
    for (const [from, to] of runsOf((key) => isShown(query, key), keys)) {
      const block = open.get(`${from}-${to}`) ?? { from, to, top: query, bottom: query };
      block.bottom = query + 1;
      next.set(`${from}-${to}`, block);
    }
    for (const block of open.values()) if (block.bottom === query) done.push(block);
    open = next;
  }
  return [...done, ...open.values()];
}

function runsOf(isShown: (key: number) => boolean, keys: number): [number, number][] {
  const runs: [number, number][] = [];
  for (let key = 0; key < keys; key++) {
    if (!isShown(key)) continue;
    const from = key;
    while (key < keys && isShown(key)) key++;
    runs.push([from, key]);
  }
  return runs;
}

function rect({ from, to, top, bottom }: Block, cell: number): string {
  return `<rect x="${from * cell}" y="${top * cell}" width="${(to - from) * cell}" height="${(bottom - top) * cell}"/>`;
}

/** A frame, with lines between the cells where these are large enough. */
function grid({ queries, keys, cell }: PanelOptions): string {
  const [width, height] = [keys * cell, queries * cell];
  let path = `M0 0H${width}V${height}H0Z`;
  if (cell >= 6) {
    for (let key = 1; key < keys; key++) path += `M${key * cell} 0V${height}`;
    for (let query = 1; query < queries; query++) path += `M0 ${query * cell}H${width}`;
  }
  return `<path d="${path}" fill="none" stroke="#d0d0d0"/>`;
}

function legendLine(name: string, colour: string, y: number): string {
  return `<rect x="${margin}" y="${y + 4}" width="12" height="12" fill="${colour}"/>${text(margin + 20, y + 14, name)}`;
}

function text(x: number, y: number, content: string): string {
  return `<text x="${x}" y="${y}">${escaped(content)}</text>`;
}

/** Text for an element: markup escaped, and what XML 1.0 forbids replaced. */
function escaped(content: string): string {
  return content
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
