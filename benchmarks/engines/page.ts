/** Puts the measured table into docs/engines.md, in place of the one that is there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, type } from 'node:os';
import { join } from 'node:path';
import type { Measurement } from './measure.ts';
import { workloads } from './workloads.ts';

/** What one engine did. */
export interface Column extends Measurement {
  /** The head of its column. */
  readonly title: string;
}

const page = join(import.meta.dirname, '../../docs/engines.md');
const place = /(?<=<!-- measured -->\n).*?(?=<!-- end -->)/s;

/** Writes the table of the engines that ran. */
export function writeTable(columns: readonly Column[]): void {
  const ran = columns.filter(({ description }) => description !== null);
  const text = readFileSync(page, 'utf8');
  if (!place.test(text))
    throw new Error(`${page} has no place for the table: <!-- measured --> … <!-- end -->`);
  writeFileSync(
    page,
    text.replace(place, () => `\n${table(ran)}\n\n${conditions(columns, ran)}\n\n`),
  );
}

function table(columns: readonly Column[]): string {
  const heads = ['', ...columns.map(({ title }) => title)];
  const rows = workloads.map(({ name, gflop }) => [
    `${name}, ${gflop === undefined ? 'ms' : 'GFLOP/s'}`,
    ...columns.map(({ milliseconds }) => cell(milliseconds[name] ?? null, gflop)),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(heads),
    line(heads.map((_, column) => (column === 0 ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n');
}

function cell(milliseconds: number | null, gflop: number | undefined): string {
  if (milliseconds === null) return '–';
  const value = gflop === undefined ? milliseconds : gflop / (milliseconds / 1000);
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** Machine, versions and date; an engine that isn't in the table because it doesn't run there is named. */
function conditions(columns: readonly Column[], ran: readonly Column[]): string {
  const date = new Date().toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
  const absent = columns.filter((column) => !ran.includes(column)).map(({ title }) => title);
  const without = absent.length === 0 ? '' : ` Not there: ${absent.join(', ')}.`;
  return (
    `Best of the times in 1.5 s, ${availableParallelism()} cores of ${cpus()[0]?.model.trim()}, ${type()}, ` +
    `Node ${process.versions.node}, ${date}.${without}`
  );
}
