/** Writes docs/results/cpu.md: one section for each version of Node that ran the benchmark, replaced when it runs again. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { Figure } from '../bench.ts';
import { thisMachine } from '../figures/machine.ts';
import { verdictOf } from '../figures/verdict.ts';

/** The figures of one part, in their order. */
export interface Part {
  readonly title: string;
  /** What was done, in a sentence or two. */
  readonly text: string;
  readonly figures: readonly Figure[];
}

const page = join(import.meta.dirname, '../../docs/results/cpu.md');

const introduction = `# The engines wasm and native on a CPU

Written by \`pnpm bench cpu\`. Ratios compare what was measured in turns in one run; times are the best and the median of several rounds.
GFLOP/s of attention count the pairs that the pattern keeps: 4 · D a pair forward, 10 · D backward.
`;

const verdicts = { met: 'yes', missed: '**no**', told: 'not judged here' };

/** Puts the parts into the section of the running Node. */
export function writePage(parts: readonly Part[]): void {
  const name = `node-${process.versions.node.split('.')[0]}`;
  const sections = existsSync(page) ? readSections(readFileSync(page, 'utf8')) : new Map<string, string>();
  sections.set(name, section(parts));
  const text = [...sections]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, body]) => `<!-- ${key} -->\n${body}\n<!-- end -->`);
  writeFileSync(page, `${introduction}\n${text.join('\n\n')}\n`);
}

function readSections(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/<!-- (node-\d+) -->\n(.*?)\n<!-- end -->/gs)].map((match) => [match[1]!, match[2]!]),
  );
}

function section(parts: readonly Part[]): string {
  const date = new Date().toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
  const head = `## Node ${process.versions.node}

Machine: ${thisMachine()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()}. ${compilerName()}. ${date}.`;
  return [head, ...parts.map((part) => `### ${part.title}\n\n${part.text}\n\n${table(part.figures)}`)].join(
    '\n\n',
  );
}

function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, engine, value, unit, must = '' } = figure;
    const shown = value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
    const verdict = must === '' ? '' : verdicts[verdictOf(figure)];
    return `| ${name} | ${engine} | ${shown} ${unit} | ${must.replace('<=', '≤').replace('>=', '≥')} | ${verdict} |`;
  });
  return ['| figure | engine | value | must | met |', '| --- | --- | ---: | ---: | --- |', ...rows].join(
    '\n',
  );
}

function compilerName(): string {
  try {
    return `C compiler: ${execFileSync(process.env['CC'] ?? 'cc', ['--version'], { encoding: 'utf8' }).split('\n')[0]}`;
  } catch {
    return 'No C compiler';
  }
}
