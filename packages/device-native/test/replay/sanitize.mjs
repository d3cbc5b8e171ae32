/**
 * Finds what tests in JavaScript can't see: kernels that read or write outside their buffers, undefined behaviour, data races, results that
 * depend on the number of threads, and what goes wrong on ARM. For Linux:
 *
 *     node packages/device-native/test/replay/sanitize.mjs [FOLDER-OF-TRACES]
 *
 * First the tests that use the native engine run with recording.ts, which writes the launches of all kernels to traces (given a folder, the
 * traces that are there are taken). Then the builds of builds.mjs replay them. Needs, on Debian: gcc gcc-aarch64-linux-gnu
 * libc6-dev-arm64-cross qemu-user binutils util-linux.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { builds, compileBuild, linkLibrary, recordedLibrary, replay } from './builds.mjs';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Tests that launch kernels on the native engine. */
const tests = ['packages/backend/', 'packages/testing/', 'packages/device-native/test/rare-types.test.ts'];

const work = mkdtempSync(path.join(tmpdir(), 'sparse-sanitize-'));
let failures = 0;
let isCovered = true;
try {
  const traces = tracesIn(process.argv[2] ?? record(work));
  await attempt(recordedLibrary, () => linkLibrary(work), traces);
  for (const build of builds) await attempt(build, () => compileBuild(build, work), traces);
} finally {
  rmSync(work, { recursive: true });
}
if (!isCovered)
  process.stdout.write(
    'Some kernels were never launched: each needs a test that runs on the native engine.\n',
  );
process.exitCode = failures > 0 || !isCovered ? 1 : 0;

/** Runs the tests, with the native engine demanded; gives the folder of traces. Whether they pass is not asked here. */
function record(folder) {
  const start = performance.now();
  execFileSync(process.execPath, [pathOf('../../build.mjs')], { stdio: 'inherit' });
  // recording.ts is TypeScript, which source.mjs doesn't understand in programs that run from a bundle.
  const typeScript = `--import ${import.meta.resolve('tsx/esm')}`;
  const fromSource = `--conditions=@sparse-transformers/source --import ${root}tools/source.mjs ${typeScript}`;
  const { status } = spawnSync(process.execPath, [pathOf('record.mjs'), ...tests], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      SPARSE_TEST_ENGINES: 'native',
      SPARSE_TRACE_FOLDER: folder,
      SPARSE_RECORDING: pathOf('recording.ts'),
      SPARSE_NODE_OPTIONS: `${fromSource} --import ${pathOf('recording.ts')}`,
    },
  });
  say(status === 0 ? 'recorded' : 'recorded, although some tests failed', start);
  return folder;
}

function tracesIn(folder) {
  const traces = readdirSync(folder).filter((file) => file.endsWith('.trace'));
  return traces.sort().map((file) => path.join(folder, file));
}

async function attempt(build, makeProgram, traces) {
  const start = performance.now();
  try {
    const program = await makeProgram();
    const said = replay(build, program, traces);
    if (said.includes('never launched')) isCovered = false;
    say(`${build.name}: ${said}`, start);
  } catch (error) {
    failures++;
    say(`${build.name} FAILED: ${error.message}`, start);
  }
}

function say(text, start) {
  process.stdout.write(`${text} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`);
}
