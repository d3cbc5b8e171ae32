/** Compiles the C sources, each in one or several ways; only those that have changed since the last time. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { sourceFiles, sourceFolder, textsBehind } from './sources.mjs';

export class CompileError extends Error {}

export async function runCompiler(command, commandArguments) {
  try {
    // In the folder of the sources: so no path of this machine gets into what is made.
    const { stdout, stderr } = await promisify(execFile)(command, commandArguments, { cwd: sourceFolder });
    process.stderr.write(stderr);
    return stdout;
  } catch (error) {
    throw new CompileError(`${command} ${commandArguments.join(' ')}\n${error.stderr || error.message}`);
  }
}

export async function compileSources({ command, copiesOf, folder }) {
  const version = await runCompiler(command, ['--version']);
  mkdirSync(folder, { recursive: true });
  const objects = sourceFiles().flatMap((source) => {
    const texts = [...textsBehind(source)];
    return copiesOf(source).map(({ copy, flags }) => {
      const key = keyOf([version, flags, texts]);
      return { source, copy, flags, file: path.resolve(folder, `${source}.${copy}.${key}.o`) };
    });
  });
  const waiting = objects.filter(({ file }) => !existsSync(file));
  const compileNext = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await compileOne(command, next);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, compileNext));
  forgetOthers(folder, objects);
  return objects.map(({ copy, file }) => ({ copy, file }));
}

function keyOf(facts) {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}

/** Under another name until it is whole: a compiler that was stopped leaves half a file. */
async function compileOne(command, { source, flags, file }) {
  const unfinished = `${file}.${process.pid}.part`;
  try {
    await runCompiler(command, [...flags, '-c', source, '-o', unfinished]);
    renameSync(unfinished, file);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function forgetOthers(folder, objects) {
  const kept = new Set(objects.map(({ file }) => path.basename(file)));
  for (const name of readdirSync(folder))
    if (name.endsWith('.o') && !kept.has(name)) rmSync(path.join(folder, name), { force: true });
}
