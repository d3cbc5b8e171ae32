/** What several runs differ in: fields of their configurations, and final figures. */

import { unitOf } from '../data-kinds/index.ts';
import type { Curves } from '../report/index.ts';
import { count, duration, meanSpeed, smoothedEnd } from '../report/index.ts';
import type { RunIdentity } from '../run-folder/index.ts';

/** A run to compare. */
export interface ComparedRun {
  /** A short name, no other run's. */
  readonly label: string;
  /** What it is. */
  readonly identity: RunIdentity;
  /** What it reached. */
  readonly curves: Curves;
}

/** A name, and a value for each run. */
export type Row = readonly [name: string, ...values: string[]];

/** The fields that are not the same in all runs, with `seed`, `engine` and `data` before those of the configuration. */
export function configDifferences(runs: readonly ComparedRun[]): Row[] {
  const fields = runs.map(({ identity: { name, seed, engine, data, valid, config } }) =>
    fieldsOf('', { name, seed, engine, data: { paths: data, valid }, ...prefixed(config) }),
  );
  const names = new Set(fields.flatMap((own) => [...own.keys()]));
  return [...names]
    .map((name): Row => [name, ...fields.map((own) => own.get(name) ?? '–')])
    .filter(([, ...values]) => new Set(values).size > 1);
}

/** Sections keep their own names beside the run's fields: `data` of a configuration is `config.data`. */
function prefixed({ data, ...sections }: RunIdentity['config']): object {
  return { 'config.data': data, ...sections };
}

/** Objects are walked into; lists are values. */
function fieldsOf(path: string, value: unknown): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Map([[path, typeof value === 'string' ? value : JSON.stringify(value)]]);
  }
  const inner = Object.entries(value).map(([key, part]) =>
    fieldsOf(path === '' ? key : `${path}.${key}`, part),
  );
  return new Map(inner.flatMap((fields) => [...fields]));
}

/** Where each run stands. */
export function finalFigures(runs: readonly ComparedRun[]): Row[] {
  const row = (name: string, value: (run: ComparedRun) => string): Row => [name, ...runs.map(value)];
  return [
    row('counted in', ({ identity }) => unitOf(identity.config.data)),
    row('best validation', ({ curves: { best } }) =>
      best ? `${best.bits.toFixed(4)} at ${count(best.step)}` : '–',
    ),
    row('last validation', ({ curves: { validation } }) => bits(validation.last)),
    row('training at the end, as the line shows it', ({ curves }) => bits(smoothedEnd(curves.train))),
    row(
      'steps',
      ({ curves, identity }) => `${count(curves.reached.steps)} of ${count(identity.config.training.steps)}`,
    ),
    row('tokens', ({ curves }) => count(curves.reached.tokens)),
    row('time in steps', ({ curves }) => duration(curves.reached.seconds)),
    row('tokens a second, over the run', ({ curves }) => count(Math.round(meanSpeed(curves)))),
  ];
}

function bits(value: number): string {
  return Number.isFinite(value) ? value.toFixed(4) : '–';
}
