/**
 * Compiles the C kernels of packages/device-native/c to the four modules in wasm/, which are committed. Needs clang 19 and its linker:
 *
 *     node packages/device-wasm/build.mjs [OUTPUT-FOLDER]
 *
 * A module that shares its memory between threads refuses an unshared memory, and relaxed SIMD doesn't validate everywhere: hence four.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const sourceFolder = path.join(here, '../device-native/c');
const outputFolder = process.argv[2] ?? path.join(here, 'wasm');
const clang = process.env.WASM_CLANG ?? 'clang-19';

/** Pages of 64 KiB; the memory itself is made by the device. */
const mostMemory = 65536 * 65536;

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

const linkFlags = [
  '--no-entry',
  '--import-memory',
  '--export-dynamic',
  '--export=__heap_base',
  '--strip-all',
  '-z',
  'stack-size=1048576',
  `--max-memory=${mostMemory}`,
];

const builds = [
  { name: 'simd', compile: [], link: [] },
  { name: 'relaxed', compile: ['-mrelaxed-simd'], link: [] },
  { name: 'simd-threads', compile: ['-matomics'], link: ['--shared-memory', '--export=__stack_pointer'] },
  {
    name: 'relaxed-threads',
    compile: ['-mrelaxed-simd', '-matomics'],
    link: ['--shared-memory', '--export=__stack_pointer'],
  },
];

mkdirSync(outputFolder, { recursive: true });
for (const build of builds) compile(build);

function compile({ name, compile, link }) {
  const objects = mkdtempSync(path.join(tmpdir(), 'sparse-wasm-'));
  try {
    const sources = readdirSync(sourceFolder)
      .filter((file) => file.endsWith('.c'))
      .sort();
    const files = sources.map((file) => path.join(objects, file.replace(/\.c$/, '.o')));
    for (const [index, file] of sources.entries()) {
      run(clang, [...compileFlags, ...compile, '-c', path.join(sourceFolder, file), '-o', files[index]]);
    }
    const output = path.join(outputFolder, `kernels-${name}.wasm`);
    run(clang.replace('clang', 'wasm-ld'), [...linkFlags, ...link, ...files, '-o', output]);
  } finally {
    rmSync(objects, { recursive: true });
  }
}

function run(command, commandArguments) {
  try {
    execFileSync(command, commandArguments, { stdio: 'inherit' });
  } catch (error) {
    if (error.code !== 'ENOENT') process.exit(1);
    process.stderr.write(`${command} isn't installed. On Debian: apt-get install clang-19 lld-19\n`);
    process.exit(1);
  }
}
