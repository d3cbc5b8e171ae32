/** What `sparse-train doctor` finds out; `--json` prints it as it is. */

/** Everything. */
export interface DoctorReport {
  /** Version of this program. */
  readonly version: string;
  /** Node and the machine. */
  readonly machine: Machine;
  /** The packages that engines are made of. */
  readonly libraries: readonly Library[];
  /** Every engine. */
  readonly engines: readonly EngineExamination[];
  /** What `auto` takes, and why; null if it takes none. */
  readonly auto: { readonly name: string; readonly reason: string } | null;
  /** The settings in the environment that engines read. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Node and the machine. */
export interface Machine {
  /** Node's version. */
  readonly node: string;
  /** Operating system and its version, and the architecture. */
  readonly platform: string;
  /** The processor's name. */
  readonly processor: string;
  /** Cores of the machine. */
  readonly cores: number;
  /** Cores that the process may use. */
  readonly usableCores: number;
  /** Bytes of memory. */
  readonly memory: number;
  /** Bytes of memory that are free. */
  readonly freeMemory: number;
  /** Bytes that the process may have, as of a container; null if nothing but the machine limits it. */
  readonly memoryLimit: number | null;
}

/** An installed package. */
export interface Library {
  /** Its name. */
  readonly name: string;
  /** Its version; null if it isn't installed. */
  readonly version: string | null;
  /** Where it lies; null if it isn't installed. */
  readonly folder: string | null;
}

/** What an engine did when it was started in a process of its own. */
export interface EngineExamination {
  /** The engine's name. */
  readonly name: string;
  /** Whether it started. */
  readonly runs: boolean;
  /** Of one that runs, what it is; of one that doesn't, what is missing and how to get it. */
  readonly words: string;
  /** Which of our ops are composed of ordinary ones there: all, or these; null if it doesn't run. */
  readonly composed: 'all' | readonly string[] | null;
  /** What it can do; null if it doesn't run. */
  readonly speed: EngineSpeed | null;
}

/** How fast an engine is. */
export interface EngineSpeed {
  /** Threads that one op may use. */
  readonly threads: number;
  /** Milliseconds until it was ready, its packages loaded. */
  readonly startMs: number;
  /** GFLOP/s of a product of two 512 × 512 matrices; null if that failed. */
  readonly productGflops: number | null;
  /** Tokens a second of a tiny training step; null if that failed. */
  readonly trainingTokensPerSecond: number | null;
  /** What failed. */
  readonly failures: readonly string[];
}
