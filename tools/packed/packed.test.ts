/** What is published works: each tarball, alone in an empty project with its peers, runs what an outsider would write. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { published, root } from '../workspace.ts';
import { tarballLimitsKB } from './limits.ts';
import { folder, installAlone, packAll, packedManifest, programOf, run, tarball } from './project.ts';

const binary = (name: string) => join(root, 'node_modules/.bin', name);

beforeAll(packAll);
afterAll(() => rmSync(folder, { recursive: true }));

it('has a limit for each tarball', () => {
  expect(Object.keys(tarballLimitsKB).sort()).toEqual(published.map(({ name }) => name).sort());
});

describe.concurrent.each(published)('$name', (workspace) => {
  const limit = tarballLimitsKB[workspace.name] ?? 0;

  it('carries its README, its LICENSE and its build, no source and no tests', async () => {
    const files = (await run('tar', ['-tzf', tarball(workspace)], folder)).split('\n');
    const { exports } = await packedManifest(workspace);
    const wanted = ['README.md', 'LICENSE', ...Object.values(exports['.'])];
    expect(files).toEqual(expect.arrayContaining(wanted.map((file) => join('package', file))));
    expect(files.filter((file) => /^package\/(src|test)\//.test(file))).toEqual([]);
  });

  it('names no file that only the workspace has', async () => {
    const { exports, dependencies } = await packedManifest(workspace);
    expect(JSON.stringify({ exports, dependencies })).not.toMatch(/src\/|workspace:|catalog:/);
  });

  it(`weighs at most ${limit} kB`, () => {
    expect(statSync(tarball(workspace)).size / 1000).toBeLessThanOrEqual(limit);
  });

  it('passes publint', async () => {
    await run(binary('publint'), ['run', tarball(workspace), '--strict'], folder);
  });

  it('passes are-the-types-wrong', async () => {
    await run(binary('attw'), [tarball(workspace), '--profile', 'esm-only'], folder);
  });

  it('installs into an empty project and runs the program of an outsider', async () => {
    const program = programOf(workspace);
    const project = await installAlone(workspace, program);
    expect(await run(process.execPath, ['program.mjs'], project)).toMatch(/^ok$/m);
  });
});
