/**
 * Checkpoints as folders of files, content-agnostic:
 *
 *     RUN/checkpoints/step-000000300/manifest.json   sizes and checksums of the others
 *     RUN/checkpoints/step-000000300/…               the files
 *     RUN/checkpoints/writing-…, removing-…          begun and not finished: never read, removed by the next write
 *
 * A folder gets its name `step-…` by a rename, after all in it lies on the disk, and loses it by a rename before anything
 * in it is removed. So whatever happens in between (disk full, power cut, kill -9), a folder of that name is whole, and
 * the last one stays until the next is there.
 */
import { constants } from 'node:buffer';
import { totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { checkCount } from '../errors.ts';
import { type CheckpointFileSystem, fileSystemIn } from '../run-folder/index.ts';
import { CheckpointError, isNotFound } from './checkpoint-error.ts';
import {
  checkFileNames,
  decodeManifest,
  describeFiles,
  encodeManifest,
  type ManifestEntry,
  manifestName,
  maximumManifestBytes,
  sha256,
} from './manifest.ts';

/** The settings of {@link writeCheckpoint}. */
export interface WriteCheckpointOptions {
  /** How many of the newest checkpoints stay, this one included; a whole number >= 1. */
  readonly keep: number;
  /** The step of the best checkpoint so far, which stays besides; this one's or an earlier one's. None if not given or null. */
  readonly best?: number | null;
  /** Steps of further checkpoints that stay. */
  readonly stay?: readonly number[];
  /** The disk; Node's own if not given. */
  readonly fileSystem?: CheckpointFileSystem;
}

/** The settings of the functions that read checkpoints. */
export interface ReadCheckpointOptions {
  /** The names of the files to read and to hold against the manifest; all if not given. The others are not looked at. */
  readonly only?: readonly string[];
  /** The disk; Node's own if not given. */
  readonly fileSystem?: CheckpointFileSystem;
}

/** Where a checkpoint lies. Nothing in it has been looked at. */
export interface CheckpointPlace {
  /** The number of training steps it was written after. */
  readonly step: number;
  /** Its folder. */
  readonly folder: string;
}

/** A checkpoint whose sizes and checksums were found right. */
export interface Checkpoint extends CheckpointPlace {
  /** The content of the files that were read, by name; the manifest is not among them. */
  readonly files: Map<string, Uint8Array>;
}

/** A checkpoint that is whole and on the disk. */
export interface WrittenCheckpoint extends CheckpointPlace {
  /** What should have been removed and could not be, with the system's error: it takes space until a later write removes it. */
  readonly notRemoved: readonly NotRemoved[];
}

/** A folder that could not be removed: somebody has a file of it open, say. */
export interface NotRemoved {
  /** The folder. */
  readonly folder: string;
  /** What the system says. */
  readonly error: unknown;
}

const largestStep = 999_999_999;
const temporary = /^(writing|removing)-step-\d{9}$/;

/** The folder that holds all checkpoints of a run. */
function checkpointsFolder(runFolder: string): string {
  return join(runFolder, 'checkpoints');
}

function stepName(step: number): string {
  return `step-${String(step).padStart(9, '0')}`;
}

/**
 * Writes a checkpoint, whole or not at all, and removes those that are no longer kept, and what interrupted writes left.
 * If it fails, the checkpoints from before are still there. A checkpoint that can't be removed is no failure: the new one is safe by then.
 * Two writers at once are not foreseen: see {@link lockRun}.
 *
 * @param runFolder the folder of the run
 * @param step the number of training steps taken, a whole number from 0 to 999,999,999
 * @param files content by name; names of letters, digits, `.`, `_` and `-`, other than `manifest.json`
 * @returns where the checkpoint lies. If the very same one lies there already, nothing is written
 * @throws CheckpointError for a name that is not allowed, or if another checkpoint of this step is there;
 *   TrainingError for a step, `keep` or `best` out of range; and the system's own error if the disk is full or fails
 */
export async function writeCheckpoint(
  runFolder: string,
  step: number,
  files: ReadonlyMap<string, Uint8Array>,
  { keep, best = null, stay = [], fileSystem = fileSystemIn(runFolder) }: WriteCheckpointOptions,
): Promise<WrittenCheckpoint> {
  checkCount('writeCheckpoint', 'keep', keep, 1);
  checkCount('writeCheckpoint', 'step', step, 0);
  if (best !== null) checkCount('writeCheckpoint', 'best', best, 0);
  for (const one of stay) checkCount('writeCheckpoint', 'stay', one, 0);
  const parent = checkpointsFolder(runFolder);
  const place = { step, folder: join(parent, stepName(step)) };
  if (step > largestStep)
    throw new CheckpointError(place.folder, `expected a step of at most ${largestStep}`);
  checkFileNames(place.folder, [...files.keys()]);
  const manifest = encodeManifest({ step, files: describeFiles(files) });
  await fileSystem.makeFolder(parent);
  await fileSystem.syncFolder(runFolder);
  // What an interrupted write renamed may not be on the disk yet; nothing is removed or relied on before it is.
  await fileSystem.syncFolder(parent);
  const leftovers = await removeLeftovers(parent, fileSystem);
  if (!(await isAlreadyThere(place, manifest, runFolder, fileSystem))) {
    await writeFolder(parent, place, new Map([...files, [manifestName, Buffer.from(manifest)]]), fileSystem);
  }
  const pruned = await prune(runFolder, { step, keep, stay: [...stay, best] }, fileSystem);
  return { ...place, notRemoved: [...leftovers, ...pruned] };
}

async function removeLeftovers(parent: string, fileSystem: CheckpointFileSystem): Promise<NotRemoved[]> {
  const names = (await fileSystem.list(parent)).filter((name) => temporary.test(name));
  return removeAll(
    names.map((name) => join(parent, name)),
    (folder) => fileSystem.removeFolder(folder),
  );
}

/** Removes what it can, and tells the rest. */
async function removeAll(
  folders: readonly string[],
  remove: (folder: string) => Promise<void>,
): Promise<NotRemoved[]> {
  const notRemoved: NotRemoved[] = [];
  for (const folder of folders) {
    await remove(folder).catch((error: unknown) => notRemoved.push({ folder, error }));
  }
  return notRemoved;
}

async function isAlreadyThere(
  { step, folder }: CheckpointPlace,
  manifest: string,
  runFolder: string,
  fileSystem: CheckpointFileSystem,
): Promise<boolean> {
  const places = await listCheckpoints(runFolder, { fileSystem });
  if (!places.some((place) => place.step === step)) return false;
  const found = await readCheckpoint(folder, { fileSystem });
  if (encodeManifest({ step: found.step, files: describeFiles(found.files) }) === manifest) return true;
  throw new CheckpointError(
    folder,
    'another checkpoint of this step is there; move it away, or write to another run',
  );
}

async function writeFolder(
  parent: string,
  { step, folder }: CheckpointPlace,
  files: ReadonlyMap<string, Uint8Array>,
  fileSystem: CheckpointFileSystem,
): Promise<void> {
  const writing = join(parent, `writing-${stepName(step)}`);
  try {
    await fileSystem.makeFolder(writing);
    for (const [name, bytes] of files) await fileSystem.writeFile(join(writing, name), bytes);
    await fileSystem.syncFolder(writing);
    await fileSystem.renameFolder(writing, folder);
  } catch (error) {
    // Gives the space back on a full disk; if even that fails, the next write will do it.
    await fileSystem.removeFolder(writing).catch(() => {});
    throw error;
  }
  await fileSystem.syncFolder(parent);
}

/** Removes all but the newest, the one just written, and the steps that stay. */
async function prune(
  runFolder: string,
  { step, keep, stay }: { step: number; keep: number; stay: readonly (number | null)[] },
  fileSystem: CheckpointFileSystem,
): Promise<NotRemoved[]> {
  const parent = checkpointsFolder(runFolder);
  const remove = async (folder: string) => {
    const removing = join(parent, `removing-${basename(folder)}`);
    await fileSystem.renameFolder(folder, removing);
    await fileSystem.syncFolder(parent);
    await fileSystem.removeFolder(removing);
  };
  try {
    const others = (await listCheckpoints(runFolder, { fileSystem })).filter((place) => place.step !== step);
    const older = others.slice(0, Math.max(0, others.length - (keep - 1)));
    const removable = older.filter((place) => !stay.includes(place.step));
    return await removeAll(
      removable.map(({ folder }) => folder),
      remove,
    );
  } catch (error) {
    return [{ folder: parent, error }];
  }
}

/**
 * Lists the checkpoints of a run, oldest step first, without looking into them. What interrupted writes left, and
 * anything else in the folder, is not listed.
 *
 * @param runFolder the folder of the run
 * @returns no places if the run has no checkpoints yet, or does not exist
 */
export async function listCheckpoints(
  runFolder: string,
  { fileSystem = fileSystemIn(runFolder) }: ReadCheckpointOptions = {},
): Promise<CheckpointPlace[]> {
  const parent = checkpointsFolder(runFolder);
  const names = await fileSystem.list(parent).catch((error: unknown) => {
    if (isNotFound(error)) return [];
    throw error;
  });
  return names
    .filter((name) => /^step-\d{9}$/.test(name))
    .sort()
    .map((name) => ({ step: Number(name.slice('step-'.length)), folder: join(parent, name) }));
}

/**
 * Reads the newest checkpoint of a run. It does not fall back on an older one if the newest is damaged: that would lose
 * work in silence. A run that goes on meanwhile may replace the newest by a newer one, which is read then.
 *
 * @param runFolder the folder of the run
 * @returns null if the run has no checkpoints
 * @throws CheckpointError, naming the file, if the newest one is not whole, or has no file of a name in `only`
 */
export async function latestCheckpoint(
  runFolder: string,
  { only, fileSystem = fileSystemIn(runFolder) }: ReadCheckpointOptions = {},
): Promise<Checkpoint | null> {
  const newestPlace = async () => (await listCheckpoints(runFolder, { fileSystem })).at(-1);
  for (let newest = await newestPlace(); newest !== undefined; ) {
    try {
      return await readNewest(newest, { ...(only && { only }), fileSystem });
    } catch (error) {
      const now = await newestPlace();
      if (now?.step === newest.step) throw error;
      newest = now;
    }
  }
  return null;
}

async function readNewest(place: CheckpointPlace, options: ReadCheckpointOptions): Promise<Checkpoint> {
  const checkpoint = await readCheckpoint(place.folder, options);
  if (checkpoint.step === place.step) return checkpoint;
  throw damaged(join(place.folder, manifestName), `expected step ${place.step}; got ${checkpoint.step}`);
}

/**
 * Reads one checkpoint, or some of its files, and holds every file it reads against the manifest. Files that the manifest does not name
 * are not looked at.
 *
 * @param folder the checkpoint's folder, as {@link listCheckpoints} gives it
 * @throws CheckpointError, naming the file, if one is missing, of another size or content, or not a regular file
 */
export async function readCheckpoint(
  folder: string,
  { only, fileSystem = fileSystemIn(folder) }: ReadCheckpointOptions = {},
): Promise<Checkpoint> {
  const manifestPath = join(folder, manifestName);
  const size = await sizeOf(manifestPath, fileSystem);
  if (size > maximumManifestBytes)
    throw damaged(manifestPath, `expected at most ${maximumManifestBytes} bytes; got ${size}`);
  const text = Buffer.from(await fileSystem.readFile(manifestPath, size)).toString('utf8');
  const { step, files: entries } = decodeManifest(manifestPath, text);
  const wanted = chosen(manifestPath, entries, only);
  checkRoom(manifestPath, wanted);
  const files = new Map<string, Uint8Array>();
  for (const entry of wanted)
    files.set(entry.name, await readVerified(join(folder, entry.name), entry, fileSystem));
  return { step, folder, files };
}

function chosen(
  manifestPath: string,
  entries: readonly ManifestEntry[],
  only: readonly string[] | undefined,
): readonly ManifestEntry[] {
  if (only === undefined) return entries;
  const names = entries.map(({ name }) => name);
  for (const name of only) {
    if (names.includes(name)) continue;
    throw new CheckpointError(
      manifestPath,
      `no file ${JSON.stringify(name)} in this checkpoint; it has ${names.join(', ')}`,
    );
  }
  return entries.filter(({ name }) => only.includes(name));
}

/** Refuses sizes, which a manifest may make up and a file without content may have, before memory is taken for them. */
function checkRoom(manifestPath: string, entries: readonly ManifestEntry[]): void {
  const folder = dirname(manifestPath);
  const large = entries.find(({ bytes }) => bytes > constants.MAX_LENGTH);
  if (large !== undefined) {
    const most = `expected at most ${constants.MAX_LENGTH} bytes, which is what Node ${process.version} can hold`;
    throw new CheckpointError(
      join(folder, large.name),
      `${most}; got ${large.bytes}; it is no file of a model that runs here`,
    );
  }
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes <= totalmem()) return;
  throw new CheckpointError(
    folder,
    `expected files that fit into the ${totalmem()} bytes of memory of this machine; got ${bytes} bytes; read it on a larger one`,
  );
}

async function readVerified(
  path: string,
  { bytes, sha256: checksum }: ManifestEntry,
  fileSystem: CheckpointFileSystem,
): Promise<Uint8Array> {
  const size = await sizeOf(path, fileSystem);
  if (size !== bytes) throw damaged(path, `expected ${bytes} bytes; got ${size}`);
  const content = await fileSystem.readFile(path, size);
  if (sha256(content) !== checksum)
    throw damaged(path, 'its content has changed since it was written (checksum)');
  return content;
}

async function sizeOf(path: string, fileSystem: CheckpointFileSystem): Promise<number> {
  const size = await fileSystem.fileSize(path).catch((error: unknown) => {
    if (isNotFound(error)) throw damaged(path, 'the file is missing');
    throw error;
  });
  if (size === null) throw damaged(path, 'expected a regular file');
  return size;
}

function damaged(path: string, fault: string): CheckpointError {
  return new CheckpointError(path, `${fault}; remove its folder to go on from the checkpoint before`);
}
