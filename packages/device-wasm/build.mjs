/**
 * Compiles the C kernels to the four modules in wasm/, which are committed; a file that has not changed since the last time is not compiled
 * again. Needs clang 19 and its linker:
 *
 *     node packages/device-wasm/build.mjs [OUTPUT-FOLDER]
 *     node packages/device-wasm/build.mjs --check      compares with what is committed, and writes nothing
 *
 * A module that shares its memory between threads refuses an unshared memory, and relaxed SIMD doesn't validate everywhere: hence four.
 * The same compiler makes the same bytes in any folder.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileSources, runCompiler } from '@sparse-transformers/c-kernels';

const here = path.dirname(fileURLToPath(import.meta.url));
const committedFolder = path.join(here, 'wasm');
const objectFolder = path.join(here, 'node_modules/.cache/objects');
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
    await compileAll(building, objectFolder);
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
    await compileAll(fresh, fresh);
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

async function compileAll(folder, objectFolder) {
  const copies = builds.map(({ name, compile }) => ({ copy: name, flags: [...compileFlags, ...compile] }));
  const objects = await compileSources({ command: clang, copiesOf: () => copies, folder: objectFolder });
  for (const { name, link } of builds) {
    const output = path.join(path.resolve(folder), fileOf(name));
    const files = objects.filter(({ copy }) => copy === name).map(({ file }) => file);
    await runCompiler(clang.replace('clang', 'wasm-ld'), [...linkFlags, ...link, ...files, '-o', output]);
    chmodSync(output, 0o644);
  }
}

function compilerVersion() {
  try {
    const said = execFileSync(clang, ['--version'], { encoding: 'utf8' });
    return /version (\S+)/.exec(said)?.[1] ?? said;
  } catch {
    throw new Error(`${clang} isn't installed. On Debian: apt-get install clang-19 lld-19`);
  }
}
