/// <reference types="node" />
/** Copies of this package in which a test may leave out, spoil and replace what it likes. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sealOf } from '../seal.mjs';
import type * as Package from '../src/index.ts';

const packageFolder = path.join(import.meta.dirname, '..');
const platform = `${process.platform}-${process.arch}`;

/** Whether this machine has a C compiler under the name that everybody uses; without one, libraries can't be made for tests. */
export const compilerIsThere = ((): boolean => {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** The library of this package, which is there if it was built. */
export const libraryIsBuilt = existsSync(path.join(packageFolder, 'lib', platform, 'libsparse-kernels.so'));

/** A copy of the package without a library. */
export class PackageCopy {
  /** Where it lies. */
  readonly folder = mkdtempSync(path.join(tmpdir(), 'device-native-'));

  constructor() {
    for (const file of [
      'src',
      'build.mjs',
      'compile.mjs',
      'seal.mjs',
      'version.mjs',
      'probe.c',
      'package.json',
    ])
      cpSync(path.join(packageFolder, file), path.join(this.folder, file), { recursive: true });
    this.#linkPackages();
    mkdirSync(this.libraryFolder, { recursive: true });
  }

  /** The packages that it needs; of the C sources it has a copy. */
  #linkPackages(): void {
    const scope = 'node_modules/@sparse-transformers';
    mkdirSync(path.join(this.folder, scope), { recursive: true });
    const [outer, ours] = ['node_modules', scope].map((folder) =>
      readdirSync(path.join(packageFolder, folder)).map((name) => `${folder}/${name}`),
    ) as [string[], string[]];
    for (const place of [...outer, ...ours]) {
      const [from, to] = [packageFolder, this.folder].map((folder) => path.join(folder, place)) as [
        string,
        string,
      ];
      if (place.endsWith('/c-kernels')) cpSync(realpathSync(from), to, { recursive: true });
      else if (place !== scope && !place.includes('/.')) symlinkSync(from, to);
    }
  }

  /** Where its C sources lie. */
  get sources(): string {
    return path.join(this.folder, 'node_modules/@sparse-transformers/c-kernels/c');
  }

  /** Where it looks for its library. */
  get libraryFolder(): string {
    return path.join(this.folder, 'lib', platform);
  }

  /** The path of its library. */
  get library(): string {
    return path.join(this.libraryFolder, 'libsparse-kernels.so');
  }

  /** Gives it the library that this package has. */
  takeLibrary(): this {
    cpSync(path.join(packageFolder, 'lib', platform), this.libraryFolder, { recursive: true });
    return this;
  }

  /** Gives it a library of this C program, and the real probe. */
  compileLibrary(program: string, library: string = this.library): this {
    const source = path.join(this.folder, 'library.c');
    writeFileSync(source, program);
    execFileSync('cc', ['-shared', '-fPIC', source, '-o', library]);
    appendFileSync(library, sealOf(readFileSync(library)));
    const probe = path.join(this.libraryFolder, 'probe');
    execFileSync('cc', [path.join(this.folder, 'probe.c'), '-ldl', '-o', probe]);
    return this;
  }

  /** What it exports. */
  load(): Promise<typeof Package> {
    return import(path.join(this.folder, 'src/index.ts')) as Promise<typeof Package>;
  }

  /** Deletes it. */
  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
