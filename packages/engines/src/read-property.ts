/** Reads along a path of property names in a value of unknown shape; undefined where the path ends. */
export function readProperty(value: unknown, ...path: string[]): unknown {
  let current = value;
  for (const key of path) {
    if ((typeof current !== 'object' && typeof current !== 'function') || current === null) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}

/** The text at a path, or 'unknown version' where there is none: packages are not trusted to have one. */
export function readVersion(value: unknown, ...path: string[]): string {
  const version = readProperty(value, ...path);
  return typeof version === 'string' ? version : 'unknown version';
}
