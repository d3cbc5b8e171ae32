/** Finds and loads the package's library. It is looked for in the package only, never in the working directory. */
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';

/** The library and where it lies. */
export async function loadLibrary() {
  const file = process.platform === 'darwin' ? 'libsparse-kernels.dylib' : 'libsparse-kernels.so';
  const path = fileURLToPath(new URL(`../lib/${process.platform}-${process.arch}/${file}`, import.meta.url));
  return { library: koffi.load(path), path };
}
