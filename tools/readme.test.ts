/**
 * The programs in the README files run as they stand: every block that opens with ```ts or ```js is one, unless its
 * opening line goes on, as in ```ts no-run. They run against the source, in a folder from which all packages can be imported.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesBelow, root } from './workspace.ts';

function programsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^```[tj]s *\n(.*?)^```/gms)].map(([, program = '']) => program);
}

function run(program: string) {
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2022,
    verbatimModuleSyntax: true,
  };
  const { outputText } = ts.transpileModule(program, { compilerOptions });
  const source = ['--conditions=@sparse-transformers/source', '--import', join(root, 'tools/source.mjs')];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...source, '--input-type=module', '--eval', outputText],
    { cwd: join(root, 'benchmarks'), encoding: 'utf8' },
  );
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
