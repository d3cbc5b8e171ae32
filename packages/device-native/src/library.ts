/**
 * Finds and loads the package's own library. It is looked for in the package only, never in the working directory or where the system looks
 * for libraries; one that is damaged is refused before it is loaded, and one of another version: its kernels may take other arguments.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LibraryHandle } from 'koffi';
import { isSealed } from '../seal.mjs';
import { libraryVersion } from '../version.mjs';

/** The native library is missing, damaged, of another version, or can't be loaded. The message says which, and the command that builds it. */
export class NativeLibraryError extends Error {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name = 'NativeLibraryError';
  /** `missing`: there is no library for this machine; `broken`: there is one, and it is no use. */
  readonly problem: 'missing' | 'broken';

  constructor(message: string, problem: 'missing' | 'broken', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.problem = problem;
  }
}

/** What is found at `packageFolder/lib/PLATFORM-ARCHITECTURE`. */
export interface LibraryFiles {
  /** The library. */
  readonly library: string;
  /** The program that tries it in a process of its own. */
  readonly probe: string;
}

/** The library and what it is. */
export interface NativeLibrary {
  /** Where it lies. */
  readonly path: string;
  /** As in 1.2.0+3f2a91c04b7d: of the package, and a hash of the sources it was built from. */
  readonly version: string;
  /** A function of the library, by its declaration in C. */
  function(declaration: string): ReturnType<LibraryHandle['func']>;
  /** A kernel, which takes the address of its record; undefined if there is none of this name. */
  kernel(symbol: string): ((record: number) => number) | undefined;
  /** Where an array's numbers are. They stay there as long as the array is in use. */
  addressOf(array: Float64Array): number;
}

/** Platforms whose library comes with the package. */
const prebuilt = ['linux-x64'];

const packageFolder = fileURLToPath(new URL('..', import.meta.url));
/** What builds a library anew. */
export const buildCommand = `node ${packageFolder}build.mjs`;

/** The files of this machine's library. @throws NativeLibraryError if the library is missing or damaged */
export function findLibrary(): LibraryFiles {
  const platform = `${process.platform}-${process.arch}`;
  const folder = `${packageFolder}lib/${platform}/`;
  const library = `${folder}libsparse-kernels.${process.platform === 'darwin' ? 'dylib' : 'so'}`;
  const bytes = readLibrary(library);
  if (bytes === undefined) {
    throw new NativeLibraryError(
      `The native device has no library for ${platform}: ${library} is missing. The package comes with one for ${prebuilt.join(', ')}; ` +
        `elsewhere, and in a clone, a C compiler (gcc 10 or later, or clang) builds it: ${buildCommand}`,
      'missing',
    );
  }
  if (isSealed(bytes)) return { library, probe: `${folder}probe` };
  throw new NativeLibraryError(
    `The native library is damaged: the ${bytes.length} bytes of ${library} are not those that were built. ` +
      `Install the package again, or build the library anew: ${buildCommand}`,
    'broken',
  );
}

function readLibrary(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new NativeLibraryError(
      `The native library can't be read: ${(error as Error).message}. Install the package again, or build it anew: ${buildCommand}`,
      'broken',
      error,
    );
  }
}

/** Loads the library. @throws NativeLibraryError if it is missing or damaged, doesn't load, or is of another version */
export async function loadLibrary(): Promise<NativeLibrary> {
  const { library: path } = findLibrary();
  const { default: koffi } = await import('koffi');
  const handle = open(koffi.load, path);
  const version = handle.func('const char *library_version()')() as string;
  demandVersion(version, path);
  return {
    path,
    version,
    function: (declaration) => handle.func(declaration),
    kernel: (symbol) => kernelOf(handle, symbol),
    addressOf: (array) => Number(koffi.address(array)),
  };
}

/**
 * Refuses a library of another version of the package; warns of one that was built from other C sources, as after an edit in a clone.
 * @throws NativeLibraryError if the library is not of this package's version
 */
export function demandVersion(version: string, path: string): void {
  const expected = libraryVersion(packageFolder);
  if (version === expected) return;
  const [release] = version.split('+');
  if (release === expected.split('+')[0]) {
    process.emitWarning(
      `The native library ${path} was built from other C sources (${version}) than the package has (${expected}): ${buildCommand}`,
    );
    return;
  }
  throw new NativeLibraryError(
    `The native library is of another version: ${path} is ${version}, and this package needs ${expected}. Build it anew: ${buildCommand}`,
    'broken',
  );
}

function open(load: (path: string) => LibraryHandle, path: string): LibraryHandle {
  try {
    const handle = load(path);
    handle.symbol('library_version');
    return handle;
  } catch (error) {
    throw new NativeLibraryError(
      `The native library doesn't load: ${(error as Error).message} (${path}). Build it on this machine: ${buildCommand}`,
      'broken',
      error,
    );
  }
}

function kernelOf(handle: LibraryHandle, symbol: string): ((record: number) => number) | undefined {
  try {
    return handle.func(symbol, 'double', ['uintptr_t']) as (record: number) => number;
  } catch {
    // The library has no such symbol.
    return undefined;
  }
}
