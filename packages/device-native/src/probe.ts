/**
 * Finds out whether the library works without loading it: a small program that comes with it loads it, runs its check of the machine's vectors
 * and says what it found. If the library crashes, that program dies and not this one. It takes a few milliseconds, so nothing is cached.
 */
import { spawnSync } from 'node:child_process';
import {
  buildCommand,
  demandVersion,
  findLibrary,
  type LibraryFiles,
  NativeLibraryError,
} from './library.ts';

/** What `probeNativeDevice` found. */
export type NativeProbe = WorkingLibrary | FailingLibrary;

/** The library works, and this is what a device would say of itself. */
export interface WorkingLibrary {
  /** It works. */
  readonly works: true;
  /** The version of the package that it was built from. */
  readonly version: string;
  /** The set of instructions that a device would use. */
  readonly variant: string;
  /** The library's file. */
  readonly path: string;
}

/** The library doesn't work. */
export interface FailingLibrary {
  /** It doesn't work. */
  readonly works: false;
  /** `missing`: there is none for this machine; `broken`: there is one. */
  readonly problem: 'missing' | 'broken';
  /** A sentence that says why not, with the way out. */
  readonly reason: string;
}

/** Whether `createNativeDevice` would work here. It never throws, and a crash of the library can't harm this program. */
export function probeNativeDevice(): NativeProbe {
  try {
    const files = findLibrary();
    const { version, variant } = runProbe(files);
    demandVersion(version, files.library);
    return { works: true, version, variant, path: files.library };
  } catch (error) {
    if (!(error instanceof NativeLibraryError)) throw error;
    return { works: false, problem: error.problem, reason: error.message };
  }
}

function runProbe({ library, probe }: LibraryFiles): { version: string; variant: string } {
  const { status, signal, error, stdout, stderr } = spawnSync(probe, [library], {
    encoding: 'utf8',
    env: {},
    timeout: 10_000,
  });
  const [version, variant] = (stdout ?? '').trim().split(' ');
  if (status === 0 && version !== undefined && variant !== undefined) return { version, variant };
  const what = error?.message ?? (signal ? `it was ended by ${signal}` : stderr.trim());
  throw new NativeLibraryError(
    `The native library doesn't work on this machine: ${what} (${library}). Build it here: ${buildCommand}`,
    'broken',
  );
}
