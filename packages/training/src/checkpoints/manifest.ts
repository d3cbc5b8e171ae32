/** `manifest.json`: what a checkpoint consists of, so that a file that was cut off, changed or mixed up is noticed. */
import { createHash } from 'node:crypto';
import { CheckpointError } from './checkpoint-error.ts';

/** The file that lists the others. */
export const manifestName = 'manifest.json';

/** A manifest is refused beyond this size: enough for some 5,000 files. */
export const maximumManifestBytes = 2 ** 20;

/** What the manifest holds about a file. */
export interface ManifestEntry {
  /** Its name within the checkpoint's folder. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** Of its content, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** The content of a manifest. */
export interface Manifest {
  /** The training step that it was saved after. */
  readonly step: number;
  /** All files but the manifest itself. */
  readonly files: readonly ManifestEntry[];
}

const format = 'sparse-transformers checkpoint';
const version = 1;
const hashedBytes = 2 ** 30;

/** The same files give the same text: names are sorted. */
export function encodeManifest({ step, files }: Manifest): string {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return `${JSON.stringify({ format, version, step, files: sorted }, null, 2)}\n`;
}

/** Describes files as they should arrive on disk. */
export function describeFiles(files: ReadonlyMap<string, Uint8Array>): ManifestEntry[] {
  return [...files].map(([name, bytes]) => ({ name, bytes: bytes.length, sha256: sha256(bytes) }));
}

/** The checksum in hexadecimal; in pieces, since Node hashes less than 2 GiB at once. */
export function sha256(bytes: Uint8Array): string {
  const hash = createHash('sha256');
  for (let begin = 0; begin < bytes.length; begin += hashedBytes) {
    hash.update(bytes.subarray(begin, begin + hashedBytes));
  }
  return hash.digest('hex');
}

/** Refuses file names that could leave the folder, hide, or be one file on some systems. */
export function checkFileNames(folder: string, names: readonly string[]): void {
  const seen = new Set<string>([manifestName]);
  for (const name of names) {
    if (typeof name !== 'string' || !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(name)) {
      const rule = 'letters, digits, ".", "_" and "-", not beginning with "." or "-", at most 100';
      throw new CheckpointError(folder, `the file name ${quote(name)} is not allowed: expected ${rule}`);
    }
    if (seen.has(name.toLowerCase())) {
      throw new CheckpointError(
        folder,
        `the file name ${quote(name)} is taken (names that differ in case are one)`,
      );
    }
    seen.add(name.toLowerCase());
  }
}

/** Reads and checks a manifest's text. */
export function decodeManifest(path: string, text: string): Manifest {
  const json = parse(path, text);
  if (field(json, 'format') !== format || field(json, 'version') !== version) {
    throw new CheckpointError(
      path,
      `expected format ${quote(format)}, version ${version}; it may be of a newer release`,
    );
  }
  const step = field(json, 'step');
  const entries = field(json, 'files');
  if (!isCount(step) || !Array.isArray(entries))
    throw new CheckpointError(path, 'expected a step and a list of files');
  const files = entries.map((entry) => decodeEntry(path, entry));
  checkFileNames(
    path,
    files.map(({ name }) => name),
  );
  return { step, files };
}

function decodeEntry(path: string, entry: unknown): ManifestEntry {
  const name = field(entry, 'name');
  const bytes = field(entry, 'bytes');
  const checksum = field(entry, 'sha256');
  if (typeof name === 'string' && isCount(bytes) && typeof checksum === 'string') {
    return { name, bytes, sha256: checksum };
  }
  throw new CheckpointError(path, 'expected a name, bytes and sha256 for each file');
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CheckpointError(path, 'expected JSON; the file is damaged');
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function quote(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 120));
}
