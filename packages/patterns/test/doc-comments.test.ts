/** The drawings in doc comments and in the README are what `draw` prints. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  and,
  blockLocal,
  column,
  draw,
  fixed,
  full,
  local,
  or,
  type Pattern,
  patternKinds,
  strided,
  summary,
} from '../src/index.ts';
import { plainKinds } from './samples.ts';

/** Drawn side by side, left to right. */
const drawn: Record<string, readonly Pattern[]> = {
  'full.ts': [full()],
  'local.ts': [local({ window: 3 }), local({ window: 3, causal: false })],
  'column.ts': [column({ stride: 3 }), column({ stride: 3, causal: false })],
  'strided.ts': [strided({ stride: 3, window: 3 })],
  'block-local.ts': [blockLocal({ block: 3 }), blockLocal({ block: 3, causal: false })],
  'summary.ts': [summary({ block: 4, summary: 1 }), summary({ block: 4, summary: 1, slot: 1 })],
  'fixed.ts': [fixed({ block: 3, summary: 1 })],
  'distinct-slots.ts': [
    fixed({ block: 3, summary: 1 }),
    fixed({ block: 3, summary: 1, slot: 1 }),
    fixed({ block: 3, summary: 1, slot: 2 }),
  ],
  'and.ts': [and(local({ window: 4 }), column({ stride: 2 }))],
  'or.ts': [or(local({ window: 2 }), column({ stride: 3 }))],
  '../../README.md': [
    local({ window: 4 }),
    strided({ stride: 4 }),
    blockLocal({ block: 4 }),
    summary({ block: 4, summary: 1 }),
    fixed({ block: 4, summary: 1 }),
  ],
};

/** The rows of the first text drawing of a file: words of `#` and `.`. */
function rowsIn(file: string): string[][] {
  const text = readFileSync(new URL(`../src/patterns/${file}`, import.meta.url), 'utf8');
  const block = /```text\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  return block
    .split('\n')
    .map((line) => line.match(/[#.]{3,}/g) ?? [])
    .filter((words) => words.length > 0);
}

it('holds a drawing of each kind', () => {
  const files = plainKinds.map(
    ({ kind }) => `${kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`,
  );
  expect(files.filter((file) => !(file in drawn))).toEqual([]);
});

/** The README's table has a line of a kind that names its fields. */
it.each(patternKinds)('has $kind in its README', ({ kind, fields }) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const line = readme.split('\n').find((text) => text.startsWith('| ') && text.includes(`\`${kind}(`)) ?? '';
  const numbers = Object.keys(fields).filter((field) => !['causal', 'patterns'].includes(field));
  expect(
    numbers.filter((field) => !line.includes(field)),
    `the line «${line}»`,
  ).toEqual([]);
  expect(line).not.toBe('');
});

describe.each(Object.entries(drawn))('%s', (file, patterns) => {
  it('shows the truth', () => {
    const rows = rowsIn(file);
    const queries = rows.length;
    expect(queries).toBeGreaterThan(0);
    patterns.forEach((pattern, index) => {
      const keys = rows[0]![index]!.length;
      expect(rows.map((words) => words[index]).join('\n')).toBe(draw(pattern, { queries, keys }));
    });
  });
});
