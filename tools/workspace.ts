/** What the repository's own checks ask of the workspace: its packages, their manifests and their files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

export interface Workspace {
  /** The name without the scope, such as `patterns`. */
  name: string;
  /** The folder, relative to the root, such as `packages/patterns`. */
  folder: string;
  manifest: Manifest;
}

export const scope = '@sparse-transformers/';

function readWorkspace(folder: string): Workspace {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
  return { name: manifest.name.slice(scope.length), folder, manifest };
}

/** Every package and app that is published, in alphabetical order. */
export const published: Workspace[] = ['packages', 'apps'].flatMap((group) =>
  readdirSync(join(root, group)).map((folder) => readWorkspace(`${group}/${folder}`)),
);

const generated = new Set([
  'node_modules',
  'dist',
  'site',
  '.git',
  '.turbo',
  '.cache',
  '.gpu',
  '.venv',
  'runs',
]);

/** Paths, relative to the root, of all files below a folder that end in one of the given ways. */
export function filesBelow(folder: string, endings: string[]): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    if (generated.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path, endings);
    return endings.some((ending) => entry.name.endsWith(ending)) ? [path.split(sep).join('/')] : [];
  });
}
