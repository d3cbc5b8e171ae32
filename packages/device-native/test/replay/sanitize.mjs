/**
 * Finds what tests in JavaScript can't see: kernels that read or write outside their buffers, undefined behaviour, data races, results that
 * depend on the number of threads, and what goes wrong on ARM.
 *
 *     node packages/device-native/test/replay/sanitize.mjs [FOLDER-OF-TRACES]
 *
 * First the tests that use the native engine run with recording.ts, which writes all launches of all kernels to traces (with a folder, the
 * traces that are there are taken). Then every build of builds.mjs replays them. Needs, on Debian: gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross
 * qemu-user.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { builds, compileBuild, replay } from './builds.mjs';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const recording = fileURLToPath(new URL('recording.ts', import.meta.url));
const build = fileURLToPath(new URL('../../build.mjs', import.meta.url));

/** Tests that launch kernels. */
const tests = ['packages/backend/', 'packages/testing/', 'packages/kernels/'];

const work = mkdtempSync(path.join(tmpdir(), 'sparse-sanitize-'));
let failures = 0;
try {
  const traces = process.argv[2] ?? record(work);
  const files = readdirSync(traces)
    .filter((file) => file.endsWith('.trace'))
    .map((file) => path.join(traces, file));
  for (const build of builds.filter(runsHere)) await tryBuild(build, files);
} finally {
  rmSync(work, { recursive: true });
}
process.exitCode = failures > 0 ? 1 : 0;

async function tryBuild(build, traces) {
  const start = performance.now();
  try {
    const program = await compileBuild(build, work);
    say(`${build.name}: ${replay(build, program, traces)}`, start);
  } catch (error) {
    failures++;
    say(`${build.name}: FAILED: ${error.message}`, start);
  }
}

/** Runs the tests, all on the native engine too; gives the folder of traces. */
function record(folder) {
  const start = performance.now();
  execFileSync(process.execPath, [build], { stdio: 'inherit' });
  const source = `--conditions=@sparse-transformers/source --import ${root}tools/source.mjs --import ${recording}`;
  execFileSync(process.execPath, [fileURLToPath(new URL('record.mjs', import.meta.url)), ...tests], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      SPARSE_TRACE_FOLDER: folder,
      SPARSE_TEST_ENGINES: 'native',
      SPARSE_RECORDING: recording,
      SPARSE_NODE_OPTIONS: source,
    },
  });
  say('recorded', start);
  return folder;
}

function runsHere({ name, variant }) {
  if (variant !== 'avx512' || !existsSync('/proc/cpuinfo')) return true;
  if (readFileSync('/proc/cpuinfo', 'utf8').includes('avx512vl')) return true;
  process.stdout.write(`${name}: left out, this machine has no AVX-512\n`);
  return false;
}

function say(text, start) {
  process.stdout.write(`${text} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`);
}
