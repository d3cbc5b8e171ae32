/**
 * Loads the optional packages that bring engines.
 *
 * An engine's package is looked for first where the importing program has its packages, then, for
 * TensorFlow, in the folder that SPARSE_TENSORFLOW_HOME names. Browsers have neither: there a bundler has put the
 * package in place, and plain `import()` finds it.
 */

import { nodeModule } from './node-module.ts';

/** The npm packages that bring engines. */
export type EnginePackage =
  | '@tensorflow/tfjs-backend-cpu'
  | '@tensorflow/tfjs-backend-wasm'
  | '@tensorflow/tfjs-node-gpu'
  | '@tensorflow/tfjs-node';

/** A package after its import. */
export interface LoadedPackage {
  /** What the package exports. */
  readonly exports: unknown;
  /** The package's folder, an absolute path; empty where there are no folders (browsers). */
  readonly folder: string;
}

/** Imports a package: null if it isn't installed; throws if it is installed and doesn't load. */
export type LoadPackage = (name: EnginePackage) => Promise<LoadedPackage | null>;

/** The environment variable that names a folder whose node_modules holds tfjs-node or tfjs-node-gpu. */
export const TENSORFLOW_HOME = 'SPARSE_TENSORFLOW_HOME';

/** The packages that bring TensorFlow, in the order in which they are tried. */
export const tensorFlowPackages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** The loader that is used unless another is handed in. */
export const loadInstalledPackage: LoadPackage = async (name) => {
  switch (name) {
    case '@tensorflow/tfjs-backend-cpu':
      return importFrom(packageFolder(name), () => import('@tensorflow/tfjs-backend-cpu'));
    case '@tensorflow/tfjs-backend-wasm':
      return importFrom(packageFolder(name), () => import('@tensorflow/tfjs-backend-wasm'));
    default:
      return requireTensorFlow(name);
  }
};

async function importFrom(
  folder: string | null,
  load: () => Promise<unknown>,
): Promise<LoadedPackage | null> {
  if (folder === null) return null;
  return { exports: await load(), folder };
}

/** tfjs-node is CommonJS and Node only; `require` also keeps bundlers from looking for it. */
function requireTensorFlow(name: EnginePackage): LoadedPackage | null {
  const modules = nodeModule('node:module');
  if (modules === null) return null;
  const failures: unknown[] = [];
  for (const base of [import.meta.url, ...tensorFlowHome()]) {
    const folder = packageFolder(name, base);
    if (folder === null) continue;
    try {
      return { exports: modules.createRequire(base)(name), folder };
    } catch (failure) {
      failures.push(failure);
    }
  }
  if (failures.length > 0) throw failures[0];
  return null;
}

/** A file in the folder of SPARSE_TENSORFLOW_HOME to look up packages from; nothing if the variable isn't set. */
function tensorFlowHome(): string[] {
  const home = globalThis.process?.env[TENSORFLOW_HOME];
  const path = nodeModule('node:path');
  if (path === null || home === undefined || home === '') return [];
  const base = path.join(path.resolve(home), 'package.json');
  if (tensorFlowPackages.every((name) => packageFolder(name, base) === null)) {
    throw new Error(
      `${TENSORFLOW_HOME} is '${home}', where neither ${tensorFlowPackages.join(' nor ')} is installed`,
    );
  }
  return [base];
}

/** The folder of an installed package as seen from a file; null if it isn't installed; empty in browsers. */
function packageFolder(name: EnginePackage, from: string = import.meta.url): string | null {
  const modules = nodeModule('node:module');
  const path = nodeModule('node:path');
  if (modules === null || path === null) return '';
  try {
    return path.dirname(modules.createRequire(from).resolve(`${name}/package.json`));
  } catch {
    return null;
  }
}
