import { DatasetError, systemCode, type Words, words } from '../refusals/index.ts';
import { defaultCacheFolder } from './cache.ts';

/** What the system says of a folder that cannot be used, in words. */
const reasons = new Map([
  ['EACCES', 'one without permission to write'],
  ['EPERM', 'one without permission to write'],
  ['EROFS', 'one on a disk that is read-only'],
  ['ENOSPC', 'one on a full disk'],
  ['EDQUOT', 'one whose quota is used up'],
  ['EEXIST', 'a file, or a link that leads nowhere, in its place or in place of a folder above it'],
  ['ENOTDIR', 'a file in its place, or in place of a folder above it'],
  ['ENOENT', 'a place where the system makes no folders'],
  ['ELOOP', 'links that go round in a circle'],
]);

/** The refusal of a folder for tokens that cannot be written. */
export function unusableCache(folder: string, error: unknown): DatasetError {
  const code = systemCode(error);
  const came = reasons.get(code);
  const why = came === undefined ? String(error) : `${came} (${code})`;
  const fact = `token cache ${folder}: expected a folder to keep tokens in, got ${why}`;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return cacheError(folder, fact, isFull ? 'free some space' : 'mend it', error);
}

/** The refusal of kept tokens that are damaged and cannot be made again. */
export function damagedCache(folder: string, fact: string, error?: unknown): DatasetError {
  return cacheError(folder, `token cache ${folder}: ${fact}`, 'check the disk', error);
}

function cacheError(folder: string, fact: string, way: string, error: unknown): DatasetError {
  const ways: (string | Words)[] = [way, words`pass another ${{ option: 'cacheFolder' }}`];
  if (folder.startsWith(defaultCacheFolder())) ways.splice(1, 0, 'set XDG_CACHE_HOME to another folder');
  return new DatasetError('cache', { fact, ways }, error);
}
