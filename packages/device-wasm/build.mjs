/**
 * Compiles the C kernels of packages/device-native/c to the four modules in wasm/, which are committed. Needs clang 19 and its linker:
 *
 *     node packages/device-wasm/build.mjs [OUTPUT-FOLDER]
 *     node packages/device-wasm/build.mjs --check      compares with what is committed, and writes nothing
 *
 * A module that shares its memory between threads refuses an unshared memory, and relaxed SIMD doesn't validate everywhere: hence four.
 * The same compiler makes the same bytes in any folder.
 */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = path.dirname(fileURLToPath(import.meta.url));
const sourceFolder = path.join(here, '../device-native/c');
const committedFolder = path.join(here, 'wasm');
const clang = process.env.WASM_CLANG ?? 'clang-19';

/** `clang-19 --version` of the compiler that made the committed modules. Debian 12's packages clang-19 and lld-19 are it. */
const pinnedVersion = '19.1.7';

/** 4 GiB, as much as 32-bit addresses reach; the memory itself is made by the device. */
const mostBytes = 2 ** 32;

const compileFlags = [
  '--target=wasm32',
  '-O3',
  '-std=gnu17',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-ffreestanding',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fvisibility=hidden',
  '-ffp-contract=off',
  '-mbulk-memory',
  '-mnontrapping-fptoint',
  '-msimd128',
];

/** The stack comes first, so that one that is too deep is an error and not a neighbour's damage. */
const linkFlags = [
  '--no-entry',
  '--import-memory',
  '--export-dynamic',
  '--export=__heap_base',
  '--strip-all',
  '--stack-first',
  '-z',
  'stack-size=1048576',
  `--max-memory=${mostBytes}`,
];

const forThreads = { compile: ['-matomics'], link: ['--shared-memory', '--export=__stack_pointer'] };
const builds = [
  { name: 'simd', compile: [], link: [] },
  { name: 'relaxed', compile: ['-mrelaxed-simd'], link: [] },
  { name: 'simd-threads', ...forThreads },
  { name: 'relaxed-threads', ...forThreads, compile: ['-mrelaxed-simd', ...forThreads.compile] },
];

const fileOf = (name) => `kernels-${name}.wasm`;
const say = (line) => process.stderr.write(`${line}\n`);

try {
  if (process.argv[2] === '--check') await check();
  else await writeTo(process.argv[2] ?? committedFolder);
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}

async function writeTo(outputFolder) {
  const version = compilerVersion();
  if (version !== pinnedVersion) {
    say(
      `${clang} is version ${version}. The committed modules are made by ${pinnedVersion}: don't commit what this one makes.`,
    );
  }
  mkdirSync(outputFolder, { recursive: true });
  // Beside the output, so that the files move in one piece: somebody may be loading them.
  const building = mkdtempSync(`${path.resolve(outputFolder)}.building-`);
  try {
    await compileAll(building);
    for (const { name } of builds)
      renameSync(path.join(building, fileOf(name)), path.join(outputFolder, fileOf(name)));
  } finally {
    rmSync(building, { recursive: true });
  }
}

async function check() {
  const version = compilerVersion();
  if (version !== pinnedVersion) {
    throw new Error(
      `${clang} is version ${version}; the committed modules can only be compared with what ${pinnedVersion} makes.`,
    );
  }
  const fresh = mkdtempSync(path.join(tmpdir(), 'sparse-wasm-check-'));
  try {
    await compileAll(fresh);
    const bytes = (folder, name) => readFileSync(path.join(folder, fileOf(name)));
    const stale = builds.filter(({ name }) => !bytes(fresh, name).equals(bytes(committedFolder, name)));
    if (stale.length > 0) {
      const names = stale.map(({ name }) => fileOf(name)).join(', ');
      throw new Error(
        `${names}: not what the C sources give. Run node packages/device-wasm/build.mjs and commit wasm/.`,
      );
    }
    say(`The ${builds.length} committed modules are what clang ${version} makes of the C sources.`);
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

async function compileAll(folder) {
  const sources = readdirSync(sourceFolder)
    .filter((file) => file.endsWith('.c'))
    .sort();
  const jobs = builds.flatMap((build) =>
    sources.map((source) => ({ build, source, object: objectOf(folder, build, source) })),
  );
  await Promise.all(Array.from({ length: availableParallelism() }, compileNext));
  for (const build of builds) {
    const output = path.join(folder, fileOf(build.name));
    const objects = sources.map((source) => objectOf(folder, build, source));
    await run(clang.replace('clang', 'wasm-ld'), [...linkFlags, ...build.link, ...objects, '-o', output]);
    chmodSync(output, 0o644);
  }

  async function compileNext() {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      await run(clang, [...compileFlags, ...job.build.compile, '-c', job.source, '-o', job.object]);
    }
  }
}

function objectOf(folder, build, source) {
  return path.join(folder, `${build.name}-${source.replace(/\.c$/, '.o')}`);
}

function compilerVersion() {
  try {
    const said = execFileSync(clang, ['--version'], { encoding: 'utf8' });
    return /version (\S+)/.exec(said)?.[1] ?? said;
  } catch {
    throw new Error(`${clang} isn't installed. On Debian: apt-get install clang-19 lld-19`);
  }
}

/** Runs in the folder of the sources, so that no path of this machine can get into what is made. */
async function run(command, commandArguments) {
  try {
    const { stderr } = await promisify(execFile)(command, commandArguments, { cwd: sourceFolder });
    process.stderr.write(stderr);
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Error(`${command} isn't installed. On Debian: apt-get install clang-19 lld-19`);
    throw new Error(`${command} failed:\n${error.stderr ?? error.message}`);
  }
}
