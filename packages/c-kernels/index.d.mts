/** The folder of the C sources. */
export const sourceFolder: string;

/** Twelve hexadecimal digits that change with every change of a source. */
export function hashOfSources(): string;

/** A compiler's complaint, with the command that it is about. */
export class CompileError extends Error {}

/**
 * Runs a compiler in the folder of the sources, and passes on what it warns of.
 *
 * @returns what it wrote to its output
 * @throws CompileError if it fails or isn't there
 */
export function runCompiler(command: string, commandArguments: readonly string[]): Promise<string>;

/** One of the ways in which a source is compiled. */
export interface Copy {
  /** Its name, which is part of the object file's. */
  readonly copy: string;
  /** The compiler's flags, without the source and the output. */
  readonly flags: readonly string[];
}

/** What `compileSources` needs. */
export interface CompileOptions {
  /** The compiler. */
  readonly command: string;
  /** The ways in which a source such as `softmax.c` is compiled. */
  readonly copiesOf: (source: string) => readonly Copy[];
  /**
   * Where the object files go and stay. One whose source, headers, flags and compiler are those of the last time is not made again; those that
   * belong to no source any more are deleted.
   */
  readonly folder: string;
}

/** An object file. */
export interface CompiledObject {
  /** The copy that it is of. */
  readonly copy: string;
  /** Its path. */
  readonly file: string;
}

/**
 * Compiles all sources, as many at a time as there are cores.
 *
 * @returns the object files, in the order of the sources and their copies
 * @throws CompileError as `runCompiler`
 */
export function compileSources(options: CompileOptions): Promise<CompiledObject[]>;
