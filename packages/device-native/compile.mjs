/** How the C kernels are compiled: flags, sets of instructions, and the compiler's runs. The library and its tests share it. */
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const sourceFolder = fileURLToPath(new URL('c', import.meta.url));

/** For every file and every machine. -ffast-math is not among them: the kernels' exponentials need exact arithmetic. */
export const compileFlags = [
  '-O3',
  '-std=gnu17',
  '-Wall',
  '-Wextra',
  '-Wno-psabi',
  '-fPIC',
  '-pthread',
  '-fvisibility=hidden',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-ffp-contract=fast',
];

const avx2 = ['-mavx2', '-mfma', '-mf16c'];
const avx512 = ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mprefer-vector-width=512'];

/** What is compiled apart for each set of instructions of an architecture, and its flags. */
export function variantsOf(architecture) {
  if (architecture === 'x64') return { plain: [], avx2, avx512: [...avx2, ...avx512] };
  return architecture === 'arm64' ? { neon: [] } : { plain: [] };
}

/** A compiler's complaint: its own words are all that a reader needs, no stack. */
export class CompileError extends Error {}

/** The compiler to use: $CC, else the first of cc, clang and gcc that runs; undefined if there is none. */
export function findCompiler() {
  for (const command of process.env.CC ? [process.env.CC] : ['cc', 'clang', 'gcc']) {
    try {
      const said = execFileSync(command, ['--version'], { encoding: 'utf8', stdio: 'pipe' });
      return { command, version: said.split('\n')[0] };
    } catch {
      // The next one may be there.
    }
  }
  return undefined;
}

/**
 * Compiles every source for every variant, as many at a time as there are cores; gives the object files, in a fixed order.
 * `once` are further flags for the files that hold no kernels.
 */
export async function compileSources({ compiler, flags, variants, once = [], folder }) {
  const jobs = readdirSync(sourceFolder)
    .filter((file) => file.endsWith('.c'))
    .sort()
    .flatMap((source) => jobsOf({ source, flags, variants, once, folder }));
  const waiting = [...jobs];
  const work = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift())
      await compile(compiler, job.flags);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return jobs.map(({ object }) => object);
}

const withoutKernels = new Set(['holdings.c', 'library.c', 'pool.c']);

function jobsOf({ source, flags, variants, once, folder }) {
  const copies = withoutKernels.has(source)
    ? [['once', once]]
    : Object.entries(variants).map(([name, ownFlags]) => [name, [...ownFlags, `-DVARIANT=_${name}`]]);
  return copies.map(([name, ownFlags]) => {
    const object = path.join(folder, `${source}.${name}.o`);
    return { object, flags: [...flags, ...ownFlags, '-c', path.join(sourceFolder, source), '-o', object] };
  });
}

/** Runs the compiler, and passes on what it warns of. */
export async function compile(compiler, commandArguments) {
  try {
    const { stderr } = await promisify(execFile)(compiler, commandArguments);
    process.stderr.write(stderr);
  } catch (error) {
    throw new CompileError(`${compiler} ${commandArguments.join(' ')}\n${error.stderr}`);
  }
}
