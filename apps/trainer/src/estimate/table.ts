/** An estimate as a table for people: the configuration beside its dense twin. */

import type { RunConfig } from '../configuration/index.ts';
import { kindOf } from '../data-kinds/index.ts';
import { count, duration } from '../report/index.ts';
import type { Estimate } from './estimate.ts';
import type { Probe } from './probe.ts';

/** An estimate, and what a probe measured, or why there was none. */
export interface Column {
  /** What stands above it. */
  readonly title: string;
  /** What was computed. */
  readonly estimate: Estimate;
  /** What was measured; a text says why nothing was. */
  readonly probe: Probe | string | null;
}

type Row = readonly [name: string, cell: (column: Column) => string];

/** The table, some lines of text. */
export function estimateTable(config: RunConfig, columns: readonly Column[]): string {
  const token = kindOf(config.data).token(config.data);
  const rows = [...sizeRows(token), ...memoryRows(config), ...probeRows(config, columns, token)];
  const cells = rows.map(([name, cell]) => [name, ...columns.map(cell)]);
  const lines = [['', ...columns.map(({ title }) => title)], ...cells];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function sizeRows(token: string): Row[] {
  return [
    ['parameters', ({ estimate }) => count(estimate.parameters)],
    ['  embeddings', ({ estimate }) => count(estimate.parts.embeddings)],
    ['  attention', ({ estimate }) => count(estimate.parts.attention)],
    ['  feed-forward', ({ estimate }) => count(estimate.parts.feedForward)],
    ['  norms', ({ estimate }) => count(estimate.parts.norms)],
    ['  output', ({ estimate }) => count(estimate.parts.output)],
    [`FLOPs a ${token}, forward`, ({ estimate }) => flops(estimate.flops.forward)],
    [`FLOPs a ${token}, backward`, ({ estimate }) => flops(estimate.flops.backward)],
    [`FLOPs a ${token}, recomputed`, ({ estimate }) => flops(estimate.flops.recompute)],
    ['FLOPs of a step', ({ estimate }) => flops(estimate.flops.training * estimate.stepTokens)],
    [`${token}s of a step`, ({ estimate }) => count(estimate.stepTokens)],
    [`${token}s of the run`, ({ estimate }) => count(estimate.runTokens)],
  ];
}

function memoryRows({ training }: RunConfig): Row[] {
  const kept = training.accumulate > 1 ? 'activations kept, of a part' : 'activations kept';
  return [
    ['memory: weights', ({ estimate }) => bytes(estimate.memory.weights)],
    ['  gradients', ({ estimate }) => bytes(estimate.memory.gradients)],
    [`  optimiser (${training.optimizer})`, ({ estimate }) => bytes(estimate.memory.optimizer)],
    ['  average of weights', ({ estimate }) => bytes(estimate.memory.average)],
    [`  ${kept}`, ({ estimate }) => bytes(estimate.memory.activations)],
    ['  plans', ({ estimate }) => bytes(estimate.memory.plans)],
    ['  peak of a step', ({ estimate }) => bytes(estimate.memory.stepPeak)],
    ['  peak of validation', ({ estimate }) => bytes(estimate.memory.validationPeak)],
    ['scores, if attention kept them', ({ estimate }) => bytes(estimate.plainScores)],
    ['a checkpoint', ({ estimate }) => bytes(estimate.checkpoint)],
  ];
}

function probeRows({ training }: RunConfig, columns: readonly Column[], token: string): Row[] {
  if (columns.every(({ probe }) => probe === null)) return [];
  const measured =
    (cell: (probe: Probe) => string) =>
    ({ probe }: Column) =>
      probe === null || typeof probe === 'string' ? (probe ?? '') : cell(probe);
  return [
    ['measured: a step', measured(({ stepSeconds }) => seconds(stepSeconds))],
    [`  ${token}s a second`, measured(({ tokensPerSecond }) => count(Math.round(tokensPerSecond)))],
    ['  peak of a step', measured(({ peakBytes }) => (peakBytes === null ? 'unknown' : bytes(peakBytes)))],
    ['all steps, without validation', measured(({ stepSeconds }) => duration(stepSeconds * training.steps))],
  ];
}

function seconds(value: number): string {
  return value < 1 ? `${(1000 * value).toPrecision(3)} ms` : `${value.toPrecision(3)} s`;
}

function scaled(value: number, base: number, units: readonly string[]): string {
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(value) / Math.log(base)));
  const shown = value / base ** power;
  return `${power === 0 ? shown : shown.toFixed(shown < 10 ? 2 : 1)} ${units[power]}`;
}

function bytes(value: number): string {
  return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);
}

function flops(value: number): string {
  return scaled(value, 1000, ['', 'k', 'M', 'G', 'T', 'P', 'E']).trimEnd();
}
