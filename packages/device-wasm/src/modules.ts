/** Which of the four modules runs here, and where it comes from. */

/** A module of wasm/ and the threads to run it with. */
export interface Build {
  /** The middle of the file's name. */
  readonly name: 'simd' | 'relaxed' | 'simd-threads' | 'relaxed-threads';
  /** Threads in all. */
  readonly threads: number;
}

/** A module that is one relaxed multiply-add: valid only where relaxed SIMD is. */
const relaxedProbe = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  15,
  1,
  13,
  0,
  65,
  1,
  253,
  15,
  65,
  2,
  253,
  15,
  253,
  128,
  2,
  11,
);

/** Chooses by what the machine can do. */
export function chooseBuild(threadsAsked?: number): Build {
  const cores = globalThis.navigator?.hardwareConcurrency ?? cpuCount();
  const canShare = typeof SharedArrayBuffer !== 'undefined' && (globalThis.crossOriginIsolated ?? true);
  const threads = canShare ? Math.max(1, threadsAsked ?? cores) : 1;
  const simd = WebAssembly.validate(relaxedProbe) ? 'relaxed' : 'simd';
  return { name: threads > 1 ? `${simd}-threads` : simd, threads };
}

/** Loads and compiles a module from the package's own files. */
export async function loadModule({ name }: Build): Promise<WebAssembly.Module> {
  const url = new URL(`../wasm/kernels-${name}.wasm`, import.meta.url);
  if (url.protocol !== 'file:') return WebAssembly.compileStreaming(fetch(url));
  const files = globalThis.process.getBuiltinModule('node:fs');
  return WebAssembly.compile(files.readFileSync(url));
}

function cpuCount(): number {
  return globalThis.process?.getBuiltinModule('node:os').availableParallelism() ?? 1;
}
