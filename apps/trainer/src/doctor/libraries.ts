import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Library } from './report.ts';

/** Packages, and the package from which each is looked up: with some installers a program sees only its own dependencies. */
const packages: readonly (readonly [name: string, user: string | null])[] = [
  ['@tensorflow/tfjs-core', null],
  ['@tensorflow/tfjs-backend-cpu', null],
  ['@sparse-transformers/engines', null],
  ['@sparse-transformers/backend', '@sparse-transformers/engines'],
  ['@sparse-transformers/device-wasm', '@sparse-transformers/engines'],
  ['@sparse-transformers/device-native', null],
  ['koffi', '@sparse-transformers/device-native'],
  ['@tensorflow/tfjs-backend-webgpu', '@sparse-transformers/engines'],
];

/** Finds the packages that engines are made of; TensorFlow's is found, and named, by its engine. */
export function libraries(): Library[] {
  return packages.map(([name, user]) => {
    const folder = folderOf(name, user);
    return { name, version: folder === null ? null : versionIn(folder), folder };
  });
}

function folderOf(name: string, user: string | null): string | null {
  const base = user === null ? null : folderOf(user, null);
  if (user !== null && base === null) return null;
  const { resolve } = createRequire(base === null ? import.meta.url : join(base, 'package.json'));
  const folders = (resolve.paths(name) ?? []).map((place) => join(place, name));
  const found = folders.find((folder) => existsSync(join(folder, 'package.json')));
  return found === undefined ? null : realpathSync(found);
}

function versionIn(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}
