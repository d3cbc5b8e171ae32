import { createHash } from 'node:crypto';
import { homedir, platform } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where cache files go when no folder is given: the system's folder for such files. */
export function defaultCacheFolder(): string {
  return join(systemCacheFolder(), 'sparse-transformers', 'datasets');
}

function systemCacheFolder(): string {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  if (platform() === 'win32') return LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  // The XDG specification has relative paths ignored.
  if (XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME;
  return platform() === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache');
}

/** The name of what is kept: a hash of everything that it depends on. */
export function cacheKey(...sources: string[]): string {
  return createHash('sha256').update(JSON.stringify(sources)).digest('hex');
}
