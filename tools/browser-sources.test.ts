/**
 * What runs in browsers as well as in Node: its sources name nothing that only Node has, and nothing anywhere reads a tensor at
 * once, which on a GPU in a browser gives zeros.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesBelow, published, root } from './workspace.ts';

/** Everything but what works with files, libraries and processes. */
const inBrowsers = [
  'patterns',
  'kernels',
  'layers',
  'models',
  'tokenizers',
  'backend',
  'device-wasm',
  'engines',
  'testing',
];

/** What a program finds in Node and not in a browser. Imports of Node are found by their names. */
const ofNode = new Set([
  'Buffer',
  'clearImmediate',
  '__dirname',
  '__filename',
  'global',
  'process',
  'require',
  'setImmediate',
]);

/** What reads a tensor, or a backend's data, without waiting. */
const atOnce = new Set(['arraySync', 'bufferSync', 'bytesSync', 'dataSync', 'readSync', 'readToGPUSync']);

const withoutFiles = new Set([...atOnce].filter((name) => name !== 'readSync'));

/** Where that is right, and why. */
const mayReadAtOnce: Readonly<Record<string, string>> = {
  'packages/backend/src/device-backend.ts': 'it is the backend: a device that is read at once says how',
  'packages/backend/src/kernels/fallback.ts': "it reads TensorFlow.js's cpu backend, which lies on the host",
  'packages/engines/src/webgpu.ts': 'it makes such a read an error',
  'packages/kernels/src/indices.ts': 'it asks before whether the active backend keeps integers on the host',
};

/** Every mention in code, as `line: name`; comments and longer texts are none. */
function mentions(text: string, names: ReadonlySet<string>, isMeant = (_: ts.Node) => true): string[] {
  if (![...names].some((name) => text.includes(name))) return [];
  const found: string[] = [];
  forEachNode(text, (node, line) => {
    const isName = ts.isIdentifier(node) || ts.isStringLiteral(node);
    if (isName && names.has(node.text) && isMeant(node)) found.push(`${line}: ${node.text}`);
  });
  return found;
}

/** Imports of Node that are there when the program runs; a type isn't. */
function nodeImports(text: string): string[] {
  if (!text.includes('node:')) return [];
  const found: string[] = [];
  forEachNode(text, (node, line) => {
    if (!ts.isStringLiteral(node) || !node.text.startsWith('node:')) return;
    const { parent } = node;
    const isStatic =
      ts.isImportDeclaration(parent) && parent.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword;
    const isDynamic = ts.isCallExpression(parent) && parent.expression.kind === ts.SyntaxKind.ImportKeyword;
    if (isStatic || isDynamic || ts.isExportDeclaration(parent)) found.push(`${line}: ${node.text}`);
  });
  return found;
}

function forEachNode(text: string, use: (node: ts.Node, line: number) => void): void {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    use(node, source.getLineAndCharacterOfPosition(node.getStart()).line + 1);
    ts.forEachChild(node, visit);
  };
  visit(source);
}

/** A variable that the file doesn't make itself; or a member of `globalThis`, unless it is asked whether it is there. */
function isOfNode(node: ts.Node): boolean {
  if (!ts.isIdentifier(node)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return parent.expression.getText() === 'globalThis' && !isAskedFor(parent);
  }
  const isNameOfSomething =
    (ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isBindingElement(parent) ||
      ts.isParameter(parent) ||
      ts.isTypeReferenceNode(parent)) &&
    parent.getChildren().some((child) => child === node);
  const isValueOfProperty = ts.isPropertyAssignment(parent) && parent.initializer === node;
  return !isNameOfSomething || isValueOfProperty;
}

function isAskedFor(access: ts.PropertyAccessExpression): boolean {
  const { parent } = access;
  if (ts.isBinaryExpression(parent)) return true; // compared, or replaced by ??
  const isLink = ts.isPropertyAccessExpression(parent) || ts.isCallExpression(parent);
  return isLink && parent.questionDotToken !== undefined;
}

const sourcesOf = (folder: string) =>
  filesBelow(folder, ['.ts']).filter((file) => file.startsWith(`${folder}/src/`));

/** What is found in files, as `file:line: name`. */
function foundIn(files: readonly string[], find: (text: string) => string[]): string[] {
  return files.flatMap((file) => find(readFileSync(join(root, file), 'utf8')).map((one) => `${file}:${one}`));
}

describe.each(published.filter(({ name }) => inBrowsers.includes(name)))('$name', ({ folder }) => {
  it('imports nothing of Node', () => {
    expect(foundIn(sourcesOf(folder), nodeImports)).toEqual([]);
  });

  it('names nothing that only Node has', () => {
    expect(foundIn(sourcesOf(folder), (text) => mentions(text, ofNode, isOfNode))).toEqual([]);
  });
});

it('nothing reads a tensor at once', () => {
  const files = published.flatMap(({ folder }) => sourcesOf(folder));
  const asked = files.filter((file) => mayReadAtOnce[file] === undefined);
  // Whoever imports it reads a file.
  const ofTensors = (text: string) => (/\breadSync\b[^;]*from 'node:fs'/.test(text) ? withoutFiles : atOnce);
  expect(foundIn(asked, (text) => mentions(text, ofTensors(text)))).toEqual([]);
});

it('where something may read at once, it does', () => {
  const idle = Object.keys(mayReadAtOnce).filter(
    (file) => foundIn([file], (text) => mentions(text, atOnce)).length === 0,
  );
  expect(idle).toEqual([]);
});

describe('what this looks for is found', () => {
  it.each([
    'setImmediate(run);',
    'const { length } = Buffer.from(text);',
    'const now = process.hrtime();',
    'const fs = require("fs");',
    'globalThis.setImmediate(run);',
    'const all = { process };',
    'const all = { later: setImmediate };',
    'run(setImmediate);',
  ])('of Node in: %s', (text) => {
    expect(mentions(text, ofNode, isOfNode)).toHaveLength(1);
  });

  it.each([
    'const node = globalThis.process?.getBuiltinModule;',
    'if (globalThis.setImmediate !== undefined) later();',
    'globalThis.setImmediate?.(run);',
    'const text = { process: 1 }.process;',
    'loaded.exports; // exports process',
    'interface Loaded { readonly exports: unknown }',
  ])('nothing of Node in: %s', (text) => {
    expect(mentions(text, ofNode, isOfNode)).toEqual([]);
  });

  it.each([
    "import fs from 'node:fs';",
    "import 'node:fs';",
    "const fs = await import('node:fs');",
    "export * from 'node:fs';",
  ])('an import of Node in: %s', (text) => {
    expect(nodeImports(text)).toHaveLength(1);
  });

  it.each([
    "import type fs from 'node:fs';",
    "type Fs = typeof import('node:fs');",
    "nodeModule('node:fs');",
  ])('no import of Node in: %s', (text) => {
    expect(nodeImports(text)).toEqual([]);
  });

  it.each(['x.dataSync();', "x['arraySync']();", 'const { dataSync } = x;', 'x?.readSync(id);'])(
    'a read at once in: %s',
    (text) => {
      expect(mentions(text, atOnce)).toHaveLength(1);
    },
  );
});
