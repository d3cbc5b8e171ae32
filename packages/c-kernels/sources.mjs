/** The C sources: where they lie, and what they are. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const sourceFolder = fileURLToPath(new URL('c', import.meta.url));

const textOf = (file) => readFileSync(path.join(sourceFolder, file), 'utf8');

export function hashOfSources() {
  const hash = createHash('sha256');
  for (const file of readdirSync(sourceFolder).sort()) hash.update(file).update(textOf(file));
  return hash.digest('hex').slice(0, 12);
}

/** All files that are compiled, in alphabetical order. */
export function sourceFiles() {
  return readdirSync(sourceFolder)
    .filter((file) => file.endsWith('.c'))
    .sort();
}

/** The text of a source and of each header of ours that it includes, also through others. */
export function textsBehind(source) {
  const texts = new Map();
  const visit = (file) => {
    if (texts.has(file)) return;
    const text = textOf(file);
    texts.set(file, text);
    for (const [, header] of text.matchAll(/^#include "(.+)"/gm)) visit(header);
  };
  visit(source);
  return texts;
}
