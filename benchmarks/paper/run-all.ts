/** Runs side by side, each in a process of its own, and their figures. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Report } from '../bench.ts';
import type { RunSettings, Settings } from './settings.ts';
import type { Line } from './train.ts';

/** The program that does one run: this very file where all is bundled into one. */
const program = import.meta.url.endsWith('run-all.ts')
  ? join(import.meta.dirname, 'main.ts')
  : fileURLToPath(import.meta.url);

/** Does all runs, as many at once as the settings say, and reports the figures of each when they come. */
export async function runAll({ runs, sideBySide }: Settings, report: Report): Promise<void> {
  const waiting = [...runs];
  const work = async () => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) await runOne(run, report);
  };
  await Promise.all(Array.from({ length: sideBySide }, work));
}

async function runOne(run: RunSettings, report: Report): Promise<void> {
  mkdirSync(dirname(run.output), { recursive: true });
  const child = spawn(process.execPath, [...process.execArgv, program, JSON.stringify(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  for await (const text of createInterface({ input: child.stdout }))
    tell(run, JSON.parse(text) as Line, report);
  const code = await ended;
  if (code !== 0) throw new Error(`${nameOf(run)}: its process ended with ${code}; its messages stand above`);
}

function tell(run: RunSettings, line: Line, report: Report): void {
  const name = nameOf(run);
  const { engine } = run;
  const unit = run.data === 'text' ? 'bits/byte' : 'bits/dim';
  if (line.kind === 'setting')
    report({ name: `${name}: parameters`, engine, value: line.parameters, unit: '' });
  if (line.kind === 'validation')
    report({ name: `${name}: valid after ${line.step} steps`, engine, value: line.bits, unit });
  if (line.kind === 'result') {
    report({ name: `${name}: valid at the end`, engine, value: line.bits, unit });
    report({ name: `${name}: a step`, engine, value: line.secondsPerStep, unit: 's' });
  }
  if (line.kind === 'context')
    report({ name: `${name}: context >= ${line.minimumContext}`, engine, value: line.bits, unit });
}

function nameOf({ data, pattern, seed }: RunSettings): string {
  return `${data}, ${pattern}, seed ${seed}`;
}
