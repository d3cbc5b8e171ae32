/**
 * Who may import whom. The table is the drawing in docs/architecture.md; the manifests and every import are held to it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesBelow, published, root, scope, type Workspace } from './workspace.ts';

const libraries = [
  'patterns',
  'kernels',
  'engines',
  'device-native',
  'layers',
  'models',
  'tokenizers',
  'datasets',
  'training',
];

const arrows: Record<string, string[]> = {
  patterns: [],
  kernels: ['patterns'],
  backend: ['kernels', 'patterns'],
  'c-kernels': [],
  'device-native': ['backend', 'c-kernels'],
  'device-wasm': ['backend', 'c-kernels'],
  engines: ['backend', 'device-native', 'device-wasm', 'kernels', 'patterns'],
  layers: ['kernels', 'patterns'],
  models: ['layers', 'kernels', 'patterns'],
  tokenizers: [],
  datasets: ['tokenizers'],
  training: ['kernels', 'patterns'],
  testing: ['kernels', 'patterns'],
  trainer: libraries,
  sampler: libraries,
};

/** What any test may import besides: `testing`, which no source may, and the engine it runs on. */
const forTests = ['testing', 'engines'];

/** TensorFlow.js's own suite runs over a backend on each device, in a process that the test starts. */
const forTestsOf: Record<string, string[]> = { backend: ['device-wasm', 'device-native'] };

interface Import {
  file: string;
  specifier: string;
}

function importsOf(workspace: Workspace, part: 'src' | 'test'): Import[] {
  return filesBelow(workspace.folder, ['.ts', '.mts', '.mjs'])
    .filter((file) => file.startsWith(`${workspace.folder}/${part}/`))
    .flatMap((file) =>
      ts
        .preProcessFile(readFileSync(join(root, file), 'utf8'), true, true)
        .importedFiles.map(({ fileName }) => ({ file, specifier: fileName })),
    );
}

/** The package of ours that a specifier names, without the scope; undefined for anything else. */
const packageOf = (specifier: string) =>
  specifier.startsWith(scope) ? specifier.slice(scope.length).split('/')[0] : undefined;

const across = (imports: Import[], workspace: Workspace, allowed: string[]) =>
  imports
    .filter(({ specifier }) => ![undefined, workspace.name, ...allowed].includes(packageOf(specifier)))
    .map(({ file, specifier }) => `${file} imports ${specifier}`);

const leaving = (imports: Import[], workspace: Workspace) =>
  imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .filter(
      ({ file, specifier }) => !normalize(join(dirname(file), specifier)).startsWith(`${workspace.folder}/`),
    )
    .map(({ file, specifier }) => `${file} imports ${specifier}`);

/** Folders of a package's source that have an index are entered by it alone. */
const pastIndexes = (imports: Import[]) =>
  imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ file, specifier }) => ({ file, to: normalize(join(dirname(file), specifier)) }))
    .filter(({ file, to }) => {
      const room = dirname(to);
      const isInside = `${dirname(file)}/`.startsWith(`${room}/`);
      return !isInside && !to.endsWith('/index.ts') && existsSync(join(root, room, 'index.ts'));
    })
    .map(({ file, to }) => `${file} imports ${to}`);

const ours = (dependencies: Record<string, string> | undefined = {}) =>
  Object.keys(dependencies).flatMap((name) => packageOf(name) ?? []);

/** All packages of ours that one needs, for its tests too, directly or through others. */
function neededBy(name: string, found = new Set<string>()): Set<string> {
  const manifest = published.find((workspace) => workspace.name === name)?.manifest;
  const direct = ours({
    ...manifest?.dependencies,
    ...manifest?.optionalDependencies,
    ...manifest?.peerDependencies,
    ...manifest?.devDependencies,
  });
  for (const next of direct.filter((next) => !found.has(next))) neededBy(next, found.add(next));
  return found;
}

it('gives every package and app a line in the table', () => {
  expect(Object.keys(arrows).sort()).toEqual(published.map(({ name }) => name).sort());
});

describe.each(published)('$name', (workspace) => {
  const allowed = arrows[workspace.name] ?? [];
  const source = importsOf(workspace, 'src');
  const tests = importsOf(workspace, 'test');

  it('imports only along the arrows', () => {
    expect(across(source, workspace, allowed)).toEqual([]);
  });

  it('tests only along the arrows, and with the testing package and an engine', () => {
    expect(
      across(tests, workspace, [...allowed, ...forTests, ...(forTestsOf[workspace.name] ?? [])]),
    ).toEqual([]);
  });

  it('never reaches into another package by a relative path', () => {
    expect(leaving([...source, ...tests], workspace)).toEqual([]);
  });

  it('enters its folders by their index', () => {
    expect(pastIndexes(source)).toEqual([]);
  });

  it('depends only along the arrows', () => {
    const { dependencies, optionalDependencies, peerDependencies } = workspace.manifest;
    const names = [dependencies, optionalDependencies, peerDependencies].flatMap(ours);
    expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
  });

  it('develops with nothing of ours but what its tests may import', () => {
    const names = ours(workspace.manifest.devDependencies);
    expect(names.filter((name) => ![...allowed, ...forTests].includes(name))).toEqual([]);
  });

  it('needs no package that needs it, which would be a circle of builds', () => {
    expect(neededBy(workspace.name)).not.toContain(workspace.name);
  });
});
