/** How the C kernels are compiled for machines: flags, sets of instructions, and which compiler. The library and its tests share it. */
import { execFileSync } from 'node:child_process';

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

const withoutKernels = new Set(['holdings.c', 'library.c', 'pool.c']);

/** For `compileSources`: once for each variant; files that hold no kernels once, and library.c with further flags. */
export function copiesFor({ flags, variants, library = [] }) {
  const copies = Object.entries(variants).map(([copy, ownFlags]) => ({
    copy,
    flags: [...flags, ...ownFlags, `-DVARIANT=_${copy}`],
  }));
  return (source) => {
    if (!withoutKernels.has(source)) return copies;
    return [{ copy: 'once', flags: source === 'library.c' ? [...flags, ...library] : flags }];
  };
}
