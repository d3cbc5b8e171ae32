/// <reference lib="dom" />
/// <reference types="node" />

interface NodeModules {
  'node:fs': typeof import('node:fs');
  'node:os': typeof import('node:os');
  'node:worker_threads': typeof import('node:worker_threads');
}

/** A built-in module of Node, or null in a browser. Written so that a bundler for browsers sees no import of Node. */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | null {
  const node = globalThis.process?.getBuiltinModule;
  return node === undefined ? null : (node(name) as NodeModules[Name]);
}
