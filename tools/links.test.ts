/** Relative links in the documents: each must lead to a file, and a fragment to a heading of it. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { filesBelow, root } from './workspace.ts';

const withoutCode = (markdown: string) => markdown.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');

function linksOf(file: string): string[] {
  const text = withoutCode(readFileSync(join(root, file), 'utf8'));
  return [...text.matchAll(/\]\(([^)\s]+)[^)]*\)|<img[^>]*src="([^"]+)"/g)]
    .map(([, link, image]) => link ?? image ?? '')
    .filter((link) => !/^[a-z]+:/i.test(link));
}

/** The fragment that GitHub makes of a heading. */
const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number} _-]/gu, '')
    .replaceAll(' ', '-');

function headingsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8').replace(/^```.*?^```/gms, '');
  return [...text.matchAll(/^#+ +(.+?) *$/gm)].map(([, heading = '']) => slug(heading));
}

function isDead(file: string, link: string): boolean {
  const [path = '', fragment] = decodeURIComponent(link).split('#');
  const target = path === '' ? join(root, file) : join(root, dirname(file), path);
  if (!existsSync(target)) return true;
  return fragment !== undefined && statSync(target).isFile() && !headingsOf(target).includes(fragment);
}

it.each(filesBelow('.', ['.md']))('%s has no dead relative link', (file) => {
  expect(linksOf(file).filter((link) => isDead(file, link))).toEqual([]);
});
