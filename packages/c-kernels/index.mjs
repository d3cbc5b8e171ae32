export { CompileError, compileSources, runCompiler } from './compile.mjs';
export { hashOfSources, sourceFolder } from './sources.mjs';
