/** The folder that a run begins in: what may be there before, and what is taken back when the start fails. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listInside, lockRun, removeEmptyFolders } from '@sparse-transformers/training';
import { TrainerError } from '../messages/index.ts';
import { makeOutFolder } from './run-files.ts';
import { identityFile } from './run-identity.ts';
import { checkRunFolder, removeRunFiles } from './run-layout.ts';

/** A folder that is this process's to begin a run in. */
export interface StartFolder {
  /** Gives back the lock. */
  release(): void;
  /** Takes back what was made since: the run's own files, and the folders that are empty then. What others have put there stays. */
  abandon(): void;
}

/**
 * Refuses a folder that holds something, before a long read.
 *
 * @throws TrainerError that says what is in the way
 */
export function checkStartFolder(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) {
    throw new TrainerError(`--out ${folder}: a file of this name is in the way. Choose another folder.`);
  }
  if (isInterruptedStart(folder)) return;
  if (existsSync(join(folder, identityFile))) {
    throw new TrainerError(
      `--out ${folder}: a run is there already. Go on with it by --resume ${folder}, or choose another folder.`,
    );
  }
  throw new TrainerError(`--out ${folder}: the folder must be new or empty. Choose another folder.`);
}

/**
 * Makes the folder and locks it; what an interrupted start left there goes.
 *
 * @throws TrainerError or RunLockedError; nothing that was made is left behind then
 */
export function takeStartFolder(folder: string): StartFolder {
  const made = makeOutFolder('--out', folder);
  let release = () => {};
  try {
    release = lockRun(folder).release;
    // Again, now that nobody else can begin a run there.
    checkStartFolder(folder);
    removeRunFiles(folder);
  } catch (error) {
    release();
    removeEmptyFolders(made);
    throw error;
  }
  return {
    release,
    abandon() {
      removeRunFiles(folder);
      release();
      removeEmptyFolders(made);
    },
  };
}

/** What a start leaves that was killed before its first checkpoint: nothing that anybody could miss. */
function isInterruptedStart(folder: string): boolean {
  const known = /^(run\.lock.*|config\.json|checkpoints)$/;
  if (listInside(folder, folder).some((name) => !known.test(name))) return false;
  checkRunFolder(folder);
  return listInside(folder, join(folder, 'checkpoints')).every((name) => name.startsWith('writing-'));
}
