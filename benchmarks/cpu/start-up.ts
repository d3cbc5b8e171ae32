/**
 * How long an engine takes to start, in a fresh process, from the import of the engines package to the end of useEngine(), TensorFlow.js
 * itself being there already. Uses the built packages, as programs do.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../bench.ts';

const most = { wasm: 150, native: 100 };
const runs = 10;

const program = (engine: string) => `
await import('@tensorflow/tfjs-core');
const start = performance.now();
const { useEngine } = await import('@sparse-transformers/engines');
await useEngine('${engine}');
console.log(performance.now() - start);
process.exit(0);`;

/** The rows of start-up times: the median and the best of ten processes. */
export function reportStartUp(report: Report): void {
  const root = join(import.meta.dirname, '..');
  if (!existsSync(join(root, '../packages/engines/dist/index.js'))) {
    throw new Error('start-up is measured on the built packages: run pnpm build first.');
  }
  for (const [engine, limit] of Object.entries(most)) {
    const times = Array.from({ length: runs }, () =>
      Number(
        execFileSync(process.execPath, ['--input-type=module', '-e', program(engine)], {
          cwd: root,
          encoding: 'utf8',
          env: { ...process.env, NODE_OPTIONS: '' },
        }),
      ),
    ).sort((a, b) => a - b);
    const must = `< ${limit}`;
    report({ name: 'start-up, median of 10 processes', engine, value: times[runs / 2]!, unit: 'ms', must });
    report({ name: 'start-up, best of 10 processes', engine, value: times[0]!, unit: 'ms' });
  }
}
