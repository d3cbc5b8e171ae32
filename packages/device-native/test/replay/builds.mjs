/** The ways in which the kernels are compiled and replayed: each a program that holds them and replay.c, and nothing of JavaScript. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileSources, runCompiler } from '@sparse-transformers/c-kernels';
import { compileFlags, copiesFor, variantsOf } from '../../compile.mjs';

const replaySource = fileURLToPath(new URL('replay.c', import.meta.url));
const libraryFolder = fileURLToPath(new URL(`../../lib/linux-${process.arch}/`, import.meta.url));

const checked = [...compileFlags.filter((flag) => flag !== '-O3'), '-O1', '-g', '-fno-omit-frame-pointer'];
const native = { compiler: process.env.CC ?? 'gcc', nm: 'nm', start: [], variants: variantsOf(process.arch) };

/** Rounding differs where instructions do: a float may be off by so much of the largest of its buffer. */
const rounding = 2e-5;

/** Sets of instructions that this machine has; all others can't be run here. */
const flagsOfMachine = readFileSync('/proc/cpuinfo', 'utf8');
const needed = { avx2: 'avx2', avx512: 'avx512vl' };
const runs = (variant) => needed[variant] === undefined || flagsOfMachine.includes(needed[variant]);

/** Every build: its name, how it is compiled, and with how many threads it is run. Null stands for one that can't run here. */
export const builds = [
  ...Object.keys(native.variants).map((variant) => ({
    ...native,
    name: `addresses and undefined behaviour, ${variant}`,
    variant,
    flags: [...checked, '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
    tolerance: rounding,
    threads: [2],
  })),
  {
    ...native,
    // Where a random layout of memory is in the thread sanitizer's way, it can't start.
    start: ['setarch', '-R'],
    name: 'data races, avx2',
    variant: 'avx2',
    flags: [...checked, '-fsanitize=thread'],
    tolerance: rounding,
    threads: [4],
  },
  {
    compiler: 'aarch64-linux-gnu-gcc',
    nm: 'aarch64-linux-gnu-nm',
    start: ['qemu-aarch64'],
    variants: variantsOf('arm64'),
    name: 'ARM',
    variant: 'neon',
    flags: [...compileFlags, '-static'],
    tolerance: rounding,
    threads: [1, 2],
  },
].filter(({ variant }) => runs(variant));

/** The library that was recorded must give the same bits again, with any number of threads. */
export const recordedLibrary = { ...native, name: 'the library itself', tolerance: 0, threads: [1, 2, 3, 4] };

/** Compiles a build in a folder; gives the program. */
export async function compileBuild(build, folder) {
  const own = path.join(folder, build.name.replace(/\W+/g, '-'));
  mkdirSync(own, { recursive: true });
  const { compiler, flags, variant, variants } = build;
  const objects = await compileSources({
    command: compiler,
    copiesOf: copiesFor({ flags, variants: { [variant]: variants[variant] } }),
    folder: own,
  });
  return link(
    build,
    objects.map(({ file }) => file),
    own,
  );
}

/** A program around the library as it was built. */
export async function linkLibrary(folder) {
  const library = `${libraryFolder}libsparse-kernels.so`;
  const said = execFileSync(`${libraryFolder}probe`, [library], { encoding: 'utf8' });
  const variant = said.trim().split(' ')[1];
  return link({ ...recordedLibrary, nm: 'nm -D', flags: ['-O1'], variant }, [library], folder);
}

async function link({ compiler, nm, flags, variant }, objects, folder) {
  const table = path.join(folder, 'table.c');
  writeFileSync(table, tableOf(nm, objects, variant));
  const program = path.join(folder, 'replay');
  await runCompiler(compiler, [...flags, '-pthread', replaySource, table, ...objects, '-lm', '-o', program]);
  return program;
}

/** The kernels that were compiled, as the compiled files tell. */
function tableOf(nm, objects, variant) {
  const [command, ...options] = nm.split(' ');
  const symbols = execFileSync(command, [...options, '--defined-only', ...objects], { encoding: 'utf8' });
  const kernels = [...symbols.matchAll(new RegExp(` T (kernel_(\\w+)_${variant})$`, 'gm'))];
  return [
    'struct Kernel {\n  const char *name;\n  double (*run)(const double *);\n};',
    ...kernels.map(([, symbol]) => `double ${symbol}(const double *);`),
    'const struct Kernel kernels[] = {',
    ...kernels.map(([, symbol, name]) => `  {"${name}", ${symbol}},`),
    '  {0, 0}};\n',
  ].join('\n');
}

/** Runs a program over traces once for each of the build's numbers of threads; gives what it says, the same each time. */
export function replay({ start, threads: counts, tolerance }, program, traces) {
  const said = counts.map((threads) => {
    const [command, ...rest] = [...start, program, String(threads), String(tolerance), ...traces];
    const { status, stdout } = spawnSync(command, rest, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status !== 0) throw new Error(stdout.trim() || `${command} ended with ${status}`);
    return stdout.trim();
  });
  if (new Set(said).size > 1)
    throw new Error(`the bits depend on the number of threads (${counts}): ${said.join(' | ')}`);
  return said[0];
}
