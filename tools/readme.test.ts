/**
 * The programs in the README files run as they stand: every block that opens with ```ts or ```js is one, unless its
 * opening line goes on, as in ```ts no-run. They run against the source, in a
 * temporary folder from which all packages can be imported.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { filesBelow, published, root } from './workspace.ts';

function programsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^```[tj]s *\n(.*?)^```/gms)].map(([, program = '']) => program);
}

const folder = mkdtempSync(join(tmpdir(), 'readme-'));
mkdirSync(join(folder, 'node_modules/@sparse-transformers'), { recursive: true });
symlinkSync(join(root, 'benchmarks/node_modules/@tensorflow'), join(folder, 'node_modules/@tensorflow'));
for (const { manifest, folder: from } of published) {
  symlinkSync(join(root, from), join(folder, 'node_modules', manifest.name));
}
afterAll(() => rmSync(folder, { recursive: true }));

const fromSource = ['--conditions=@sparse-transformers/source', '--import', join(root, 'tools/source.mjs')];

function run(program: string) {
  // Without types it starts sooner.
  const { outputText } = transpileModule(program, {
    compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 },
  });
  writeFileSync(join(folder, 'program.mjs'), outputText);
  const { status, stdout, stderr } = spawnSync(process.execPath, [...fromSource, 'program.mjs'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

const readmes = filesBelow('.', ['README.md']).filter((file) => programsOf(file).length > 0);

describe.each(readmes)('%s', (file) => {
  it.each(programsOf(file).map((program, index) => ({ program, number: index + 1 })))(
    'runs program $number',
    ({ program }) => {
      const { status, output } = run(program);
      expect(status, output).toBe(0);
    },
  );
});
