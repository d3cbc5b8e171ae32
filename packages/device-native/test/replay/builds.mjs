/** The ways in which the kernels are compiled and replayed: each a program that holds them and replay.c, and nothing of JavaScript. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, compileFlags, compileSources, variantsOf } from '../../compile.mjs';

const replaySource = fileURLToPath(new URL('replay.c', import.meta.url));
const nativeFolder = fileURLToPath(new URL('../../', import.meta.url));

const optimised = compileFlags;
const checked = [...compileFlags.filter((flag) => flag !== '-O3'), '-O1', '-g', '-fno-omit-frame-pointer'];
const addressFlags = [...checked, '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
const threadFlags = [...checked, '-fsanitize=thread'];

const x64 = variantsOf('x64');
const gcc = { compiler: process.env.CC ?? 'gcc', nm: 'nm', start: [] };
const arm = {
  compiler: 'aarch64-linux-gnu-gcc',
  nm: 'aarch64-linux-gnu-nm',
  start: ['qemu-aarch64'],
  link: ['-static'],
};
// Where a random layout of memory is in a thread sanitizer's way, it can't start.
const threads = { ...gcc, start: ['setarch', '-R'] };

/** Rounding differs where instructions do; one float of a buffer may be off by so much of the largest. */
const rounding = 2e-5;

/** Every build: what it is called, how it is compiled, how often it is run and with how many threads. */
export const builds = [
  ...Object.keys(x64).map((variant) => ({
    ...gcc,
    name: `addresses, undefined behaviour: ${variant}`,
    variant,
    flags: addressFlags,
    tolerance: rounding,
    threads: [2],
  })),
  {
    ...threads,
    name: 'data races: avx2',
    variant: 'avx2',
    flags: threadFlags,
    tolerance: rounding,
    threads: [4],
  },
  {
    ...gcc,
    name: 'same bits with 1 to 4 threads: avx2',
    variant: 'avx2',
    flags: optimised,
    tolerance: rounding,
    threads: [1, 2, 3, 4],
  },
  {
    ...arm,
    name: 'NEON, by an emulator',
    variant: 'neon',
    flags: optimised,
    tolerance: rounding,
    threads: [1, 2],
  },
];

/** Compiles a build in a folder of its own; gives the program. */
export async function compileBuild({ compiler, nm, name, variant, flags, link = [] }, folder) {
  const own = path.join(folder, name.replace(/\W+/g, '-'));
  mkdirSync(own, { recursive: true });
  const variantFlags = variantsOf(variant === 'neon' ? 'arm64' : 'x64')[variant];
  const objects = await compileSources({
    compiler,
    flags,
    variants: { [variant]: variantFlags },
    folder: own,
  });
  const table = path.join(own, 'table.c');
  writeFileSync(table, tableOf(nm, objects, variant));
  const program = path.join(own, 'replay');
  const warnings = ['-std=gnu17', '-Wall', '-Wextra', '-pthread', '-I', nativeFolder];
  const sanitizers = flags.filter((flag) => flag.startsWith('-fsanitize') || flag.startsWith('-g'));
  await compile(compiler, [
    ...warnings,
    ...sanitizers,
    ...link,
    replaySource,
    table,
    ...objects,
    '-lm',
    '-o',
    program,
  ]);
  return program;
}

/** The kernels that were compiled, as the compiled files tell. */
function tableOf(nm, objects, variant) {
  const symbols = execFileSync(nm, ['--defined-only', ...objects], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const names = [...symbols.matchAll(new RegExp(` T (kernel_(\\w+)_${variant})$`, 'gm'))];
  const declarations = names.map(([, symbol]) => `double ${symbol}(const double *);`);
  const rows = names.map(([, symbol, name]) => `  {"${name}", ${symbol}},`);
  const type = 'struct Kernel {\n  const char *name;\n  double (*run)(const double *);\n};';
  return [type, ...declarations, 'const struct Kernel kernels[] = {', ...rows, '  {0, 0}};', ''].join('\n');
}

/** Runs a build over traces once for each of its numbers of threads; gives what it says, the same each time. */
export function replay({ start, threads: counts, tolerance }, program, traces) {
  const said = counts.map((threads) => {
    const [command, ...rest] = [...start, program, String(threads), String(tolerance), ...traces];
    return execFileSync(command, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  });
  if (new Set(said).size > 1)
    throw new Error(`the bits depend on the number of threads (${counts}): ${said.join(' | ')}`);
  return said[0];
}
