/**
 * Runs the whole suite again and again beside busy processes: a test that depends on time, order or luck fails sooner or later.
 *
 *     pnpm test:repeat                                        20 runs beside two busy processes
 *     pnpm test:repeat --runs 3 --busy 4 packages/training    some tests, on a busier machine
 *
 * Each run's output stays in a folder that is named at the start. Exits 1 when a run failed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '20' }, busy: { type: 'string', default: '2' } },
  allowPositionals: true,
});
const [runs, busy] = [values.runs, values.busy].map((text) => {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`repeat-tests: --runs and --busy are whole numbers; got ${text}`);
});
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'repeat-tests-'));

const burners = Array.from({ length: busy }, () =>
  spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' }),
);
process.on('exit', () => {
  for (const burner of burners) burner.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** One run of the suite; its exit code. */
async function runSuite(number) {
  const log = createWriteStream(join(folder, `${number}.log`));
  const suite = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...positionals], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  suite.stdout.pipe(log, { end: false });
  suite.stderr.pipe(log, { end: false });
  const [code] = await once(suite, 'close');
  log.end();
  return code;
}

console.log(`${runs} runs beside ${busy} busy processes; output in ${folder}`);
let failed = 0;
for (let number = 1; number <= runs; number++) {
  const start = Date.now();
  const code = await runSuite(number);
  if (code !== 0) failed++;
  console.log(
    `run ${number}: ${code === 0 ? 'passed' : 'FAILED'} after ${Math.round((Date.now() - start) / 1000)} s`,
  );
}
console.log(`${runs - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
