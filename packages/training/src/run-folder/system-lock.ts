/**
 * Locks that the system holds for an open file: it lets go of them when the process ends, however it ends, and nobody else can. Node has none,
 * so the C library's own `flock` is called, through koffi, where that package and that function are.
 */
import { readFileSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type Koffi from 'koffi';

/** Takes a lock on an open file without waiting. False if somebody else has it; null if the file's disk knows no locks. */
export type TakeLock = (file: number) => boolean | null;

const exclusively = 2;
const withoutWaiting = 4;

let known: TakeLock | null | undefined;

/** The system's locks; null where there are none to be had: on Windows, and without koffi. */
export function systemLock(): TakeLock | null {
  if (known === undefined) known = process.platform === 'win32' ? null : loadFlock();
  return known;
}

/** Koffi is an optional dependency: there may be none for the platform, or an installer may have left it out. */
function loadFlock(): TakeLock | null {
  try {
    const koffi: typeof Koffi = createRequire(import.meta.url)('koffi');
    const flock = koffi.load(null).func('int flock(int file, int operation)');
    return (file) => {
      if (flock(file, exclusively | withoutWaiting) === 0) return true;
      return koffi.errno() === koffi.os.errno['EWOULDBLOCK'] ? false : null;
    };
  } catch {
    return null;
  }
}

/** Names the running system itself, the same in all its containers, another one after each start; null where it can't be told. */
export function bootId(): string | null {
  try {
    const text = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return /^[-0-9a-f]{36}$/.test(text) ? text : null;
  } catch {
    return null;
  }
}

/** Linux's numbers of file systems that only one running system can use at a time: ext4, XFS, Btrfs, F2FS, bcachefs, ZFS, tmpfs, overlayfs. */
const localDisks = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0xca451a4e, 0x2fc12fc1, 0x01021994, 0x794c7630,
]);

/** Whether no other running system can have the folder's disk, as it may that of a server. */
export function isOnLocalDisk(folder: string): boolean {
  return process.platform === 'linux' && localDisks.has(statfsSync(folder).type);
}
