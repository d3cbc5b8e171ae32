/**
 * Compiles the C kernels in c/ to a shared library for this machine, lib/PLATFORM-ARCHITECTURE/libsparse-kernels.{so,dylib}, and the probe
 * that tries it in a process of its own:
 *
 *     node build.mjs [OUTPUT-FOLDER]
 *
 * The compiler is $CC, else the first of cc, clang and gcc; gcc 10 or later, or any clang of these years. On x86-64 the kernels are compiled
 * three times (plain, AVX2, AVX-512) and the device picks at run time. Nothing is done if sources, flags and compiler are those of the last
 * build. With --if-possible (as the workspace does when it is installed) a missing compiler is one line and no error.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { libraryVersion } from './version.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const sourceFolder = path.join(here, 'c');
const platform = `${process.platform}-${process.arch}`;
const isMac = process.platform === 'darwin';
const libraryName = isMac ? 'libsparse-kernels.dylib' : 'libsparse-kernels.so';

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

// Threads of the pool may outlive the JavaScript thread that loaded the library: on Linux it is never unloaded.
const linkFlags = isMac ? ['-shared', '-pthread'] : ['-shared', '-pthread', '-Wl,-s', '-Wl,-z,nodelete'];

const avx2 = ['-mavx2', '-mfma', '-mf16c'];
const avx512 = ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mprefer-vector-width=512'];

/** What is compiled apart for each set of instructions, and its flags. */
const variantsOf = {
  x64: { plain: [], avx2, avx512: [...avx2, ...avx512] },
  arm64: { neon: [] },
};
const variants = variantsOf[process.arch] ?? { plain: [] };

/** Files that hold no kernels: compiled once. */
const onceCompiled = new Set(['pool.c', 'library.c']);

/** The compiler's own words are all that a reader needs: no stack. */
class CompileError extends Error {}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CompileError)) throw error;
  complain(error.message);
}

async function main(commandArguments) {
  const mayFail = commandArguments.includes('--if-possible');
  const [outputFolder = path.join(here, 'lib', platform)] = commandArguments.filter(
    (argument) => !argument.startsWith('--'),
  );
  const compiler = findCompiler();
  if (compiler === undefined) return withoutCompiler(mayFail);
  const library = path.join(outputFolder, libraryName);
  const stampFile = path.join(outputFolder, 'built-from.json');
  const stamp = JSON.stringify({
    version: libraryVersion(here),
    compiler: compiler.version,
    flags: createHash('sha256')
      .update(readFileSync(fileURLToPath(import.meta.url)))
      .digest('hex'),
  });
  if (isBuilt(library, stampFile, stamp)) return say(`${library} is up to date`);
  mkdirSync(outputFolder, { recursive: true });
  rmSync(stampFile, { force: true });
  await build(compiler.command, outputFolder);
  writeFileSync(stampFile, stamp);
  say(`${library}, by ${compiler.version}`);
}

function withoutCompiler(mayFail) {
  const text = process.env.CC
    ? `$CC, ${process.env.CC}, doesn't run`
    : 'there is no C compiler (cc, clang, gcc)';
  if (mayFail) return say(`The native engine isn't built: ${text}. The WebAssembly engine needs none.`);
  complain(
    `The native engine can't be built: ${text}. Install gcc or clang (on Debian: apt-get install gcc libc6-dev).`,
  );
}

function findCompiler() {
  for (const command of process.env.CC ? [process.env.CC] : ['cc', 'clang', 'gcc']) {
    try {
      const [version = command] = execFileSync(command, ['--version'], {
        encoding: 'utf8',
        stdio: 'pipe',
      }).split('\n');
      return { command, version };
    } catch {
      // The next one may be there.
    }
  }
  return undefined;
}

function isBuilt(library, stampFile, stamp) {
  try {
    readFileSync(library);
    return readFileSync(stampFile, 'utf8') === stamp;
  } catch {
    return false;
  }
}

/** Whoever runs the old library meanwhile keeps it whole: the new one takes its place in one step. */
async function build(compiler, outputFolder) {
  const objects = mkdtempSync(path.join(tmpdir(), 'sparse-native-'));
  const fresh = mkdtempSync(path.join(outputFolder, '.new-'));
  try {
    const files = await compileAll(compiler, objects);
    await run(compiler, [...linkFlags, ...files, '-lm', '-o', path.join(fresh, libraryName)]);
    await run(compiler, ['-O1', path.join(here, 'probe.c'), '-ldl', '-o', path.join(fresh, 'probe')]);
    for (const file of [libraryName, 'probe'])
      renameSync(path.join(fresh, file), path.join(outputFolder, file));
  } finally {
    for (const folder of [objects, fresh]) rmSync(folder, { recursive: true });
  }
}

/** Compiles every source for every variant, as many at a time as there are cores; gives the object files, in a fixed order. */
async function compileAll(compiler, objects) {
  const jobs = readdirSync(sourceFolder)
    .filter((file) => file.endsWith('.c'))
    .sort()
    .flatMap((source) => jobsOf(source, objects));
  const waiting = [...jobs];
  const work = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await run(compiler, job.flags);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return jobs.map(({ object }) => object);
}

function jobsOf(source, objects) {
  const copies = onceCompiled.has(source) ? { once: [] } : variants;
  return Object.entries(copies).map(([name, variantFlags]) => {
    const object = path.join(objects, `${source}.${name}.o`);
    const define = name === 'once' ? `-DLIBRARY_VERSION="${libraryVersion(here)}"` : `-DVARIANT=_${name}`;
    const flags = [
      ...compileFlags,
      ...variantFlags,
      define,
      '-c',
      path.join(sourceFolder, source),
      '-o',
      object,
    ];
    return { flags, object };
  });
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function complain(line) {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}

async function run(command, commandArguments) {
  try {
    const { stderr } = await promisify(execFile)(command, commandArguments);
    process.stderr.write(stderr);
  } catch (error) {
    throw new CompileError(`${command} ${commandArguments.join(' ')}\n${error.stderr}`);
  }
}
