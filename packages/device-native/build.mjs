/**
 * Compiles the C kernels in c/ to a shared library for this machine, lib/PLATFORM-ARCHITECTURE/libsparse-kernels.{so,dylib}:
 *
 *     node build.mjs [OUTPUT-FOLDER]
 *
 * The compiler is $CC, else cc. On x86-64 the kernels are compiled three times (plain, AVX2, AVX-512) and the device picks at run time.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const sourceFolder = path.join(here, 'c');
const outputFolder = process.argv[2] ?? path.join(here, 'lib', `${process.platform}-${process.arch}`);
const compiler = process.env.CC ?? 'cc';

const compileFlags = [
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

const variants =
  process.arch === 'x64'
    ? [
        { suffix: '_plain', flags: [] },
        { suffix: '_avx2', flags: ['-mavx2', '-mfma', '-mf16c'] },
        {
          suffix: '_avx512',
          flags: [
            '-mavx2',
            '-mfma',
            '-mf16c',
            '-mavx512f',
            '-mavx512bw',
            '-mavx512dq',
            '-mavx512vl',
            '-mprefer-vector-width=512',
          ],
        },
      ]
    : [{ suffix: '_plain', flags: [] }];

/** Files that hold no kernels: compiled once. */
const onceCompiled = new Set(['pool.c', 'library.c']);

const objects = mkdtempSync(path.join(tmpdir(), 'sparse-native-'));
try {
  const files = [];
  for (const source of readdirSync(sourceFolder)
    .filter((file) => file.endsWith('.c'))
    .sort()) {
    const copies = onceCompiled.has(source) ? [{ suffix: '', flags: [] }] : variants;
    for (const { suffix, flags } of copies) {
      const object = path.join(objects, `${source}${suffix}.o`);
      run([
        ...compileFlags,
        ...flags,
        `-DVARIANT=${suffix}`,
        '-c',
        path.join(sourceFolder, source),
        '-o',
        object,
      ]);
      files.push(object);
    }
  }
  mkdirSync(outputFolder, { recursive: true });
  const library = path.join(
    outputFolder,
    process.platform === 'darwin' ? 'libsparse-kernels.dylib' : 'libsparse-kernels.so',
  );
  run(['-shared', '-pthread', ...files, '-lm', '-o', library]);
  console.log(library);
} finally {
  rmSync(objects, { recursive: true });
}

function run(commandArguments) {
  execFileSync(compiler, commandArguments, { stdio: 'inherit' });
}
