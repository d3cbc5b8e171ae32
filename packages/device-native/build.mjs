/**
 * Compiles the C kernels to a shared library for this machine, lib/PLATFORM-ARCHITECTURE/libsparse-kernels.{so,dylib}, and the probe
 * that tries it in a process of its own:
 *
 *     node build.mjs [OUTPUT-FOLDER]
 *
 * The compiler is $CC, else the first of cc, clang and gcc; gcc 10 or later, or any clang of these years. On x86-64 the kernels are compiled
 * three times (plain, AVX2, AVX-512) and the device picks at run time. Nothing is done if sources, flags and compiler are those of the last
 * build; where some have changed, only those are compiled again. With --if-possible (as the workspace does when it is installed) a library that can't be built is a line and no error.
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CompileError, compileSources, runCompiler } from '@sparse-transformers/c-kernels';
import { compileFlags, copiesFor, findCompiler, variantsOf } from './compile.mjs';
import { sealOf } from './seal.mjs';
import { libraryVersion } from './version.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const isMac = process.platform === 'darwin';
const libraryName = isMac ? 'libsparse-kernels.dylib' : 'libsparse-kernels.so';

// Threads of the pool may outlive the JavaScript thread that loaded the library: on Linux it is never unloaded.
const linkFlags = isMac ? ['-shared', '-pthread'] : ['-shared', '-pthread', '-Wl,-s', '-Wl,-z,nodelete'];

const words = process.argv.slice(2);
const [outputFolder = path.join(here, 'lib', `${process.platform}-${process.arch}`)] = words.filter(
  (word) => !word.startsWith('--'),
);
try {
  await buildUnlessBuilt(outputFolder);
} catch (error) {
  if (!(error instanceof CompileError)) throw error;
  process.stderr.write(`The native engine isn't built: ${error.message}\n`);
  process.exitCode = words.includes('--if-possible') ? 0 : 1;
}

async function buildUnlessBuilt(folder) {
  const compiler = findCompiler();
  if (compiler === undefined) throw new CompileError(noCompiler());
  const library = path.join(folder, libraryName);
  const stampFile = path.join(folder, 'built-from.json');
  const stamp = stampOf(compiler);
  if (existsSync(library) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    process.stdout.write(`${library} is up to date\n`);
    return;
  }
  mkdirSync(folder, { recursive: true });
  rmSync(stampFile, { force: true });
  await build(compiler.command, path.resolve(folder));
  writeFileSync(stampFile, stamp);
  process.stdout.write(`${library}, by ${compiler.version}\n`);
}

function noCompiler() {
  const what = process.env.CC
    ? `$CC, ${process.env.CC}, doesn't run`
    : 'there is no C compiler (cc, clang or gcc)';
  return `${what}. The WebAssembly engine needs none; for this one, on Debian: apt-get install gcc libc6-dev`;
}

function stampOf(compiler) {
  const scripts = ['build.mjs', 'compile.mjs', 'seal.mjs'].map((file) => readFileSync(path.join(here, file)));
  const hash = createHash('sha256');
  for (const script of scripts) hash.update(script);
  return JSON.stringify({
    version: libraryVersion(here),
    compiler: compiler.version,
    scripts: hash.digest('hex').slice(0, 12),
  });
}

/** Whoever runs the old library meanwhile keeps it whole: the new one takes its place in one step. */
async function build(command, folder) {
  const objects = await compileSources({
    command,
    copiesOf: copiesFor({
      flags: compileFlags,
      variants: variantsOf(process.arch),
      library: [`-DLIBRARY_VERSION="${libraryVersion(here)}"`],
    }),
    folder: path.join(folder, 'objects'),
  });
  const fresh = mkdtempSync(path.join(folder, '.new-'));
  try {
    const library = path.join(fresh, libraryName);
    await runCompiler(command, [...linkFlags, ...objects.map(({ file }) => file), '-lm', '-o', library]);
    appendFileSync(library, sealOf(readFileSync(library)));
    await runCompiler(command, ['-O1', path.join(here, 'probe.c'), '-ldl', '-o', path.join(fresh, 'probe')]);
    for (const file of [libraryName, 'probe']) renameSync(path.join(fresh, file), path.join(folder, file));
  } finally {
    rmSync(fresh, { recursive: true });
  }
}
