/**
 * Loads the packages that bring engines.
 *
 * An engine's package is looked for first where the importing program has its packages, then, for
 * TensorFlow, in the folder that SPARSE_TENSORFLOW_HOME names. Browsers have neither: there a bundler has put the
 * package in place, and plain `import()` finds it.
 */

import { nodeModule } from './node-module.ts';
import { readVersion } from './read-property.ts';

/** The npm packages that bring engines. */
export type EnginePackage =
  | '@sparse-transformers/device-native'
  | '@sparse-transformers/device-wasm'
  | '@tensorflow/tfjs-backend-cpu'
  | '@tensorflow/tfjs-backend-webgpu'
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

/** The imports are written out, so that a bundler sees them. */
const imports = new Map<EnginePackage, () => Promise<unknown>>([
  ['@sparse-transformers/device-native', () => import('@sparse-transformers/device-native')],
  ['@sparse-transformers/device-wasm', () => import('@sparse-transformers/device-wasm')],
  ['@tensorflow/tfjs-backend-cpu', () => import('@tensorflow/tfjs-backend-cpu')],
  ['@tensorflow/tfjs-backend-webgpu', () => import('@tensorflow/tfjs-backend-webgpu')],
]);

/** The loader that is used unless another is handed in. */
export const loadInstalledPackage: LoadPackage = async (name) => {
  const load = imports.get(name);
  if (load === undefined) return requireTensorFlow(name);
  const folder = packageFolder(name);
  return folder === null ? null : { exports: await load(), folder };
};

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
  const files = nodeModule('node:fs');
  if (modules === null || path === null || files === null) return '';
  // Not `resolve`: a package may export no package.json, and a build may not be there yet.
  const places = modules.createRequire(from).resolve.paths(name) ?? [];
  const folders = places.map((place) => path.join(place, name));
  return folders.find((folder) => files.existsSync(path.join(folder, 'package.json'))) ?? null;
}

/** The version that stands in an installed package's manifest; null in browsers. */
export function versionIn(folder: string): string | null {
  const path = nodeModule('node:path');
  const files = nodeModule('node:fs');
  if (path === null || files === null || folder === '') return null;
  const manifest: unknown = JSON.parse(files.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return readVersion(manifest, 'version');
}
