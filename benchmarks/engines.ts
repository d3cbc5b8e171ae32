/** What each engine takes for the same work, each in a process of its own; the table goes into docs/engines.md, between its markers. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Report } from './bench.ts';
import type { Measurement } from './engines/measure.ts';
import { type Column, writeTable } from './engines/page.ts';
import { workloads } from './engines/workloads.ts';

const columns = [
  { title: 'native', engine: 'native', kernels: 'fused' },
  { title: 'wasm', engine: 'wasm', kernels: 'fused' },
  { title: 'wasm, composed', engine: 'wasm', kernels: 'composed' },
  { title: 'tensorflow, composed', engine: 'tensorflow', kernels: 'fused' },
  { title: 'webgpu, composed', engine: 'webgpu', kernels: 'fused' },
  { title: 'cpu, composed', engine: 'cpu', kernels: 'fused' },
] as const;

/** Measures every engine that runs here. */
export function run(report: Report): void {
  const measured: Column[] = [];
  for (const { title, engine, kernels } of columns) {
    const measurement = measureApart(engine, kernels);
    for (const failure of measurement.failures) console.error(`${title}: ${failure}`);
    measured.push({ title, ...measurement });
    tell(title, measurement, report);
  }
  writeTable(measured);
}

function measureApart(engine: string, kernels: string): Measurement {
  const script = join(import.meta.dirname, 'engines/measure.ts');
  const output = execFileSync(process.execPath, [...process.execArgv, script, engine, kernels], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Measurement;
}

function tell(engine: string, { milliseconds }: Measurement, report: Report): void {
  for (const { name, gflop } of workloads) {
    const value = milliseconds[name];
    if (value === null || value === undefined) continue;
    report(
      gflop === undefined
        ? { name, engine, value, unit: 'ms' }
        : { name, engine, value: gflop / (value / 1000), unit: 'GFLOP/s' },
    );
  }
}
