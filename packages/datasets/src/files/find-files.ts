// From what a user names to the files to read: files, folders with all that is in them, and patterns such as
// `data/**/*.txt`. A folder may come from anybody, so a link in it is followed only to what lies in the folder too, and
// each file and folder is read once, however many links lead to it. The order is that of the names, on every platform.

import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import picomatch from 'picomatch';
import { badInput, type DatasetError, systemCode, words } from '../refusals/index.ts';
import { missing, notAFile, unreadable } from './unusable-files.ts';

/** What {@link findFiles} takes. */
export interface FindOptions {
  /** The ends of names that a folder gives its files by, such as `.txt`. */
  readonly extensions: readonly string[];
  /** Told of a file or folder that cannot be used; throws to end the search, or returns to go on. */
  readonly onBad: (error: DatasetError, path: string) => void;
}

/** The files that the paths name, in the order of the paths, and below a folder in the order of their names. */
export async function findFiles(paths: readonly string[], options: FindOptions): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) for (const file of await filesOf(path, options)) found.push(file);
  return found;
}

async function filesOf(path: string, { extensions, onBad }: FindOptions): Promise<string[]> {
  const kind = await kindOf(path);
  if (kind === 'missing') return filesOfPattern(path, onBad);
  if (kind === 'folder') {
    const ends = extensions.map((extension) => extension.toLowerCase());
    const selects = (name: string): boolean => ends.some((end) => name.toLowerCase().endsWith(end));
    return search(
      path,
      { selects, depth: Number.POSITIVE_INFINITY, onBad },
      `names that end in ${ends.join(' ')}`,
    );
  }
  if (kind === 'file') return [path];
  onBad(notAFile(path), path);
  return [];
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | 'missing'> {
  try {
    const found = await stat(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'missing';
    throw unreadable(path, error);
  }
}

/** A name that is there is never taken for a pattern, whatever characters it has. */
async function filesOfPattern(path: string, onBad: FindOptions['onBad']): Promise<string[]> {
  const pattern = sep === '\\' ? path.replaceAll('\\', '/') : path;
  const { base, glob, isGlob } = picomatch.scan(pattern);
  const folder = base === '' ? '.' : base;
  if (!isGlob || (await kindOf(folder)) !== 'folder') throw missing(path);
  const depth = glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length;
  return search(folder, { selects: picomatch(glob), depth, onBad }, `names that match ${glob}`);
}

interface Selection {
  /** Whether a file is wanted, by its path below the folder with `/` between names. */
  readonly selects: (name: string) => boolean;
  /** How many names such a path may have. */
  readonly depth: number;
  readonly onBad: FindOptions['onBad'];
}

async function search(folder: string, selection: Selection, wanted: string): Promise<string[]> {
  const walk = new FolderWalk(folder, await realpath(folder), selection);
  await walk.visit('', walk.root, []);
  if (walk.found.length === 0) {
    const detail = `expected files with ${wanted}, got none`;
    selection.onBad(
      badInput('empty', `search ${folder}`, detail, [
        'check the folder',
        words`pass other ${{ option: 'extensions' }}`,
      ]),
      folder,
    );
  }
  return walk.found.sort(byCodeUnits).map((name) => join(folder, name));
}

function byCodeUnits(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** One walk through a folder. */
class FolderWalk {
  /** The real path of the folder. */
  readonly root: string;
  /** Paths below the folder, with `/` between names. */
  readonly found: string[] = [];
  readonly #folder: string;
  readonly #selection: Selection;
  /** Real paths of what was read: links lead to things twice. */
  readonly #seen = new Set<string>();

  constructor(folder: string, root: string, selection: Selection) {
    this.#folder = folder;
    this.root = root;
    this.#selection = selection;
  }

  /** Reads the folder at `real`, named `name` below the root; `above` are the real paths of the folders it stands in. */
  async visit(name: string, real: string, above: readonly string[]): Promise<void> {
    if (this.#seen.has(real)) return;
    this.#seen.add(real);
    const entries = await this.#entries(name, real);
    for (const entry of entries.sort((left, right) => byCodeUnits(left.name, right.name))) {
      if (entry.name.startsWith('.')) continue;
      const below = name === '' ? entry.name : `${name}/${entry.name}`;
      const place = join(real, entry.name);
      if (entry.isSymbolicLink()) await this.#follow(below, place, [...above, real]);
      else if (entry.isDirectory()) await this.#enter(below, place, [...above, real]);
      else this.#take(below, place, entry.isFile());
    }
  }

  async #entries(name: string, real: string) {
    try {
      return await readdir(real, { withFileTypes: true });
    } catch (error) {
      this.#refuse(name, (path) => unreadable(path, error));
      return [];
    }
  }

  async #enter(name: string, real: string, above: readonly string[]): Promise<void> {
    if (name.split('/').length < this.#selection.depth) await this.visit(name, real, above);
  }

  #take(name: string, real: string, isFile: boolean): void {
    if (!this.#selection.selects(name) || this.#seen.has(real)) return;
    this.#seen.add(real);
    if (isFile) this.found.push(name);
    else this.#refuse(name, notAFile);
  }

  async #follow(name: string, link: string, above: readonly string[]): Promise<void> {
    const real = await this.#target(name, link);
    if (real === null) return;
    const target = await stat(real);
    if (!target.isDirectory() && !this.#selection.selects(name)) return;
    if (real !== this.root && !real.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep)) {
      this.#refuse(name, (path) => badLink(path, `a link that leaves it, to ${real}`));
    } else if (!target.isDirectory()) this.#take(name, real, target.isFile());
    else if (above.includes(real))
      this.#refuse(name, (path) => badLink(path, 'a link to a folder that it is in'));
    else await this.#enter(name, real, above);
  }

  async #target(name: string, link: string): Promise<string | null> {
    try {
      return await realpath(link);
    } catch (error) {
      const isLoop = systemCode(error) === 'ELOOP';
      if (isLoop || this.#selection.selects(name)) {
        this.#refuse(name, (path) =>
          badLink(path, isLoop ? 'links that go round in a circle' : 'a link to nothing'),
        );
      }
      return null;
    }
  }

  #refuse(name: string, refusal: (path: string) => DatasetError): void {
    const path = join(this.#folder, name);
    this.#selection.onBad(refusal(path), path);
  }
}

function badLink(path: string, what: string): DatasetError {
  const detail = `expected links within their folder, got ${what}`;
  return badInput('link', `search ${path}`, detail, 'remove the link, or name what it leads to');
}
