/**
 * A release tried dry, in a copy of the manifests: two packages are bumped, and nobody else moves.
 * The copy makes one of them a peer of a third, since changesets would otherwise make that one major.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Manifest, published, root } from './workspace.ts';

const copy = mkdtempSync(join(tmpdir(), 'release-'));
afterAll(() => rmSync(copy, { recursive: true }));

function withKernelsAsPeer(manifest: Manifest): Manifest {
  const range = manifest.dependencies?.['@sparse-transformers/kernels'];
  if (manifest.name !== '@sparse-transformers/layers' || range === undefined) return manifest;
  return {
    ...manifest,
    peerDependencies: { ...manifest.peerDependencies, '@sparse-transformers/kernels': range },
  };
}

function writeManifests() {
  for (const file of ['package.json', 'pnpm-workspace.yaml']) cpSync(join(root, file), join(copy, file));
  for (const { folder, manifest } of published) {
    mkdirSync(join(copy, folder), { recursive: true });
    writeFileSync(
      join(copy, folder, 'package.json'),
      JSON.stringify({ ...withKernelsAsPeer(manifest), version: '1.0.0' }),
    );
  }
}

function writeChangeset(text: string) {
  mkdirSync(join(copy, '.changeset'));
  cpSync(join(root, '.changeset/config.json'), join(copy, '.changeset/config.json'));
  writeFileSync(join(copy, '.changeset/two-packages.md'), text);
}

function changesetVersion() {
  execFileSync('git', ['init', '--quiet', '--initial-branch=main'], { cwd: copy });
  execFileSync(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], {
    cwd: copy,
  });
}

const readManifest = (folder: string) =>
  JSON.parse(readFileSync(join(copy, folder, 'package.json'), 'utf8')) as Manifest;

const versions = () =>
  Object.fromEntries(published.map(({ name, folder }) => [name, readManifest(folder).version]));

it('bumps the two packages of a changeset and no other, not even one that has them as peers', () => {
  writeManifests();
  writeChangeset(
    "---\n'@sparse-transformers/kernels': minor\n'@sparse-transformers/tokenizers': patch\n---\n\nA change of two packages.\n",
  );
  changesetVersion();

  const unchanged = Object.fromEntries(published.map(({ name }) => [name, '1.0.0']));
  expect(versions()).toEqual({ ...unchanged, kernels: '1.1.0', tokenizers: '1.0.1' });
  expect(readFileSync(join(copy, 'packages/kernels/CHANGELOG.md'), 'utf8')).toContain(
    'A change of two packages.',
  );
});
