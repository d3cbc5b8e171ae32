/** Writes docs/results/decoding.md: the table beside the plot. */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { contexts, type DecodingPoint, sizes } from './contexts.ts';

/** Replaces the page. */
export function writePage(file: string, engine: string, points: readonly DecodingPoint[]): void {
  const date = new Date().toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}`;
  const text = `# Decoding

Written by \`pnpm bench decoding\`: what one more token costs after 1k to 64k others, with keys and values cached. ${sizes.layers} layers, width
${sizes.width}, ${sizes.heads} heads, one sequence, weights and cache in float32. All patterns take turns; the fastest of five rounds counts.

![Tokens a second by context](decoding.svg)

Engine ${engine}, Node ${process.versions.node}, ${machine}, ${date}.

## Tokens a second

${table(points, ({ tokensASecond }) => tokensASecond.toFixed(0))}

## Keys that a token reads in a head

${table(points, ({ row }) => row.toFixed(0))}

## Keys and values held, MiB

${table(points, ({ mebibytes }) => mebibytes.toFixed(1))}

A dense token reads all that came before. A strided token with l = √n reads 2√n keys, and so does a fixed one with a summary of one column; of
the fixed pattern the cache holds these alone, of the strided one everything, since each key is in a column that some later token sees. With l
held at 128 a strided row grows by one key in 128 tokens. A local window of 128 costs and holds the same after any number of tokens.

The dense cache is filled by a prompt that is read through a local window: reading 64k tokens densely takes minutes, and the time of
a token depends on how many rows there are, not on the numbers in them.
`;
  writeFileSync(file, text);
}

function table(points: readonly DecodingPoint[], show: (point: DecodingPoint) => string): string {
  const names = [...new Set(points.map(({ name }) => name))];
  const header = ['tokens before', ...contexts.map((context) => `${context / 1024}k`)];
  const rows = names.map((name) => [
    name,
    ...points.filter((point) => point.name === name).map((point) => show(point)),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, index) => (index ? '---:' : '---'))), ...rows.map(line)].join(
    '\n',
  );
}
