/** A folder that a run has for itself: nothing outside it is touched. */
export { type CheckpointFileSystem, fileSystemIn, nodeFileSystem, openRegular } from './file-system.ts';
export {
  type EntryKind,
  listInside,
  lookInside,
  type OpenMode,
  openInside,
  readInside,
} from './inside-folder.ts';
export { type LockHolder, lockRun, type RunLock, RunLockedError } from './lock.ts';
export { makeFolders, removeEmptyFolders } from './make-folders.ts';
export { RunFolderError } from './run-folder-error.ts';
