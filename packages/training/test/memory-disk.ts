/**
 * A file system in memory that knows what lies on its disk and what does not yet. When the power is cut, each change of names that was not
 * brought to the disk (a new file, a rename, a removal) may have got there or not, each for itself and in any order, and a file whose writing
 * was cut short holds anything.
 */
import { basename, dirname, sep } from 'node:path';
import type { CheckpointFileSystem } from '../src/index.ts';

type Node = File | Folder;

interface File {
  readonly bytes: Uint8Array;
  readonly isSynced: boolean;
}

interface Folder {
  /** What a program sees. */
  readonly names: Map<string, Node>;
  /** What lies on the disk. */
  onDisk: ReadonlyMap<string, Node>;
}

/** A change of the names in one folder that the disk may not have yet. */
interface Change {
  readonly folder: Folder;
  readonly apply: (names: Map<string, Node>) => void;
}

/** A disk, and what a cut of the power does to it. */
export interface MemoryDisk extends CheckpointFileSystem {
  /** Writes a file and does not bring it to the disk. */
  writeTorn(path: string, bytes: Uint8Array): Promise<void>;
  /** How many changes of names the disk may not have yet. */
  pending(): number;
  /** The disk after the power was cut, of which only some pending changes survive, in their order. This disk stays as it is. */
  afterPowerCut(survives: (index: number) => boolean): MemoryDisk;
  /** All that a program sees of it, as a text: two disks of one text can't be told apart. */
  content(): string;
}

/** Makes an empty disk. */
export function memoryDisk(root: Folder = newFolder()): MemoryDisk {
  let pending: Change[] = [];

  const change = (folder: Folder, apply: Change['apply']) => {
    apply(folder.names);
    pending.push({ folder, apply });
  };
  const sync = (folder: Folder) => {
    folder.onDisk = new Map(folder.names);
    pending = pending.filter((one) => one.folder !== folder);
  };
  const write = async (path: string, file: File) => {
    const folder = folderAt(root, dirname(path));
    if (folder.names.has(basename(path))) throw systemError('EEXIST', path);
    change(folder, (names) => names.set(basename(path), file));
  };
  const remove = (folder: Folder, name: string) => {
    const node = folder.names.get(name);
    if (node === undefined) return;
    if (isFolder(node)) for (const inner of node.names.keys()) remove(node, inner);
    change(folder, (names) => names.delete(name));
  };

  return {
    list: async (path) => [...folderAt(root, path).names.keys()],
    async makeFolder(path) {
      let folder = root;
      for (const name of partsOf(path)) {
        if (!folder.names.has(name)) {
          const made = newFolder();
          change(folder, (names) => names.set(name, made));
          sync(folder);
        }
        folder = asFolder(folder.names.get(name), path);
      }
    },
    writeFile: (path, bytes) => write(path, { bytes: bytes.slice(), isSynced: true }),
    writeTorn: (path, bytes) => write(path, { bytes: bytes.slice(), isSynced: false }),
    async fileSize(path) {
      const node = nodeAt(root, path);
      return isFolder(node) ? null : node.bytes.length;
    },
    async readFile(path, size) {
      const node = nodeAt(root, path);
      if (isFolder(node)) throw systemError('EISDIR', path);
      return node.bytes.slice(0, size);
    },
    syncFolder: async (path) => sync(folderAt(root, path)),
    async renameFolder(from, to) {
      const moved = nodeAt(root, from);
      change(folderAt(root, dirname(from)), (names) => {
        names.delete(basename(from));
        names.set(basename(to), moved);
      });
    },
    async removeFolder(path) {
      remove(folderAt(root, dirname(path)), basename(path));
    },
    pending: () => pending.length,
    afterPowerCut: (survives) =>
      memoryDisk(
        leftOf(
          root,
          pending.filter((_, index) => survives(index)),
        ),
      ),
    content: () => contentOf(root),
  };
}

function contentOf({ names }: Folder): string {
  const inner = [...names].map(([name, node]) =>
    isFolder(node) ? `${name}/${contentOf(node)}` : `${name}:${Buffer.from(node.bytes).toString('latin1')}`,
  );
  return JSON.stringify(inner.sort());
}

function leftOf(folder: Folder, changes: readonly Change[]): Folder {
  const names = new Map(folder.onDisk);
  for (const change of changes) if (change.folder === folder) change.apply(names);
  const left = new Map([...names].map(([name, node]) => [name, leftOfNode(node, changes)]));
  return { names: left, onDisk: new Map(left) };
}

function leftOfNode(node: Node, changes: readonly Change[]): Node {
  if (isFolder(node)) return leftOf(node, changes);
  return node.isSynced ? node : { bytes: new Uint8Array(node.bytes.length), isSynced: true };
}

function newFolder(): Folder {
  return { names: new Map(), onDisk: new Map() };
}

function isFolder(node: Node): node is Folder {
  return 'names' in node;
}

function asFolder(node: Node | undefined, path: string): Folder {
  if (node === undefined) throw systemError('ENOENT', path);
  if (!isFolder(node)) throw systemError('ENOTDIR', path);
  return node;
}

function nodeAt(root: Folder, path: string): Node {
  let node: Node = root;
  for (const name of partsOf(path)) {
    const next: Node | undefined = asFolder(node, path).names.get(name);
    if (next === undefined) throw systemError('ENOENT', path);
    node = next;
  }
  return node;
}

function folderAt(root: Folder, path: string): Folder {
  return asFolder(nodeAt(root, path), path);
}

function partsOf(path: string): string[] {
  return path.split(sep).filter((part) => part !== '');
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
