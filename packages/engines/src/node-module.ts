interface NodeModules {
  'node:fs': typeof import('node:fs');
  'node:module': typeof import('node:module');
  'node:os': typeof import('node:os');
  'node:path': typeof import('node:path');
  'node:util': typeof import('node:util');
}

/** A built-in module of Node, or null in a browser. Written so that a bundler for browsers sees no import of Node. */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | null {
  const node = globalThis.process?.getBuiltinModule;
  return node === undefined ? null : (node(name) as NodeModules[Name]);
}
