/** Which of the four modules runs here, and where it comes from. */
import { nodeModule } from './node-module.ts';

/** A module of wasm/ and the threads to run it with. */
export interface Build {
  /** The middle of the file's name. */
  readonly name: 'simd' | 'relaxed' | 'simd-threads' | 'relaxed-threads';
  /** Threads in all. */
  readonly threads: number;
  /** Why there is one thread where more were possible; empty otherwise. */
  readonly remark: string;
}

/** More threads than this take longer to start than they save. */
const mostThreadsUnasked = 16;
const mostThreads = 256;

/** A module of one function, `f32x4.relaxed_madd` of three vectors: valid only where relaxed SIMD is. */
// biome-ignore format: one line for each section
const relaxedProbe = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, // magic number, version 1
  1, 5, 1, 96, 0, 1, 123, // type 0: () → v128
  3, 2, 1, 0, // function 0 is of type 0
  10, 19, 1, 17, 0, // its body, 17 bytes, no locals
  65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, // i32.const 0, i8x16.splat, three times
  253, 133, 2, 11, // f32x4.relaxed_madd, end
);

/** Chooses by what the machine can do. */
export function chooseBuild(threadsAsked?: number): Build {
  if (
    threadsAsked !== undefined &&
    !(Number.isInteger(threadsAsked) && threadsAsked >= 1 && threadsAsked <= mostThreads)
  ) {
    throw new RangeError(
      `createWasmDevice: threads must be a whole number from 1 to ${mostThreads}; got ${threadsAsked}.`,
    );
  }
  const wanted = threadsAsked ?? Math.min(cores(), mostThreadsUnasked);
  const threads = canShareMemory() ? wanted : 1;
  const simd = WebAssembly.validate(relaxedProbe) ? 'relaxed' : 'simd';
  return {
    name: threads > 1 ? `${simd}-threads` : simd,
    threads,
    remark: threads < wanted ? "the page isn't cross-origin isolated" : '',
  };
}

/** Browsers share memory with workers only on pages that are served with two headers; Node always does. */
function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && (globalThis.crossOriginIsolated ?? true);
}

function cores(): number {
  return nodeModule('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Written out one by one: bundlers copy files that they find by this very form. */
const ownFiles: Readonly<Record<Build['name'], () => URL>> = {
  simd: () => new URL('../wasm/kernels-simd.wasm', import.meta.url),
  relaxed: () => new URL('../wasm/kernels-relaxed.wasm', import.meta.url),
  'simd-threads': () => new URL('../wasm/kernels-simd-threads.wasm', import.meta.url),
  'relaxed-threads': () => new URL('../wasm/kernels-relaxed-threads.wasm', import.meta.url),
};

/** Loads and compiles a module: the package's own, or of the folder at this address. */
export async function loadModule({ name }: Build, folder?: string | URL): Promise<WebAssembly.Module> {
  const url = folder === undefined ? ownFiles[name]() : fileIn(folder, `kernels-${name}.wasm`);
  return WebAssembly.compile(await bytesAt(url));
}

function fileIn(folder: string | URL, file: string): URL {
  const base = `${folder}`.endsWith('/') ? `${folder}` : `${folder}/`;
  return new URL(file, new URL(base, globalThis.location?.href));
}

async function bytesAt(url: URL): Promise<BufferSource> {
  const files = url.protocol === 'file:' ? nodeModule('node:fs') : null;
  if (files) return files.readFileSync(url);
  const response = await fetch(url);
  if (response.ok) return response.arrayBuffer();
  throw new Error(
    `createWasmDevice: ${url} answers ${response.status}. Serve the folder wasm/ of @sparse-transformers/device-wasm ` +
      'and give its address as the option wasmFolder.',
  );
}
