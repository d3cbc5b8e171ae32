/**
 * What belongs where in the folder of a run, so that a folder from elsewhere is looked at whole before anything in it is opened: what a run
 * reads, grows, replaces or removes must be a file or a folder of its own. Everything else that lies there is somebody's, and left alone.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { listInside, lookInside } from '@sparse-transformers/training';

/** Names, and what stands under them: a file, or a folder. */
type Layout = readonly (readonly [names: RegExp, what: 'file' | Layout])[];

/** Hidden ones are left by desktops and notebooks. */
const anyFiles: Layout = [[/^[^.]/, 'file']];

const runLayout: Layout = [
  [/^config\.json(\.writing)?$/, 'file'],
  [/^(metrics|validation|sessions)\.jsonl$/, 'file'],
  [/^run\.lock/, 'file'],
  [/^checkpoints$/, [[/^(writing-|removing-)?step-\d{9}$/, anyFiles]]],
  // What is in them is replaced as a whole, and shown as far as it is what it seems.
  [/^(samples|bad-batches)$/, [[/^step-\d{1,15}(\.writing)?$/, []]]],
  [/^events$/, [[/^events\.out\.tfevents\./, 'file']]],
];

/**
 * Looks at all that a run has, and opens nothing.
 *
 * @throws RunFolderError that names the first thing that is no file or no folder where one belongs: a link, a pipe, a device
 */
export function checkRunFolder(folder: string): void {
  check(folder, folder, runLayout);
}

function check(root: string, folder: string, layout: Layout): void {
  if (lookInside(root, folder, 'folder') === null && folder !== root) return;
  for (const name of listInside(root, folder)) {
    const what = layout.find(([names]) => names.test(name))?.[1];
    const path = join(folder, name);
    if (what === 'file') lookInside(root, path, 'file');
    else if (what !== undefined) check(root, path, what);
  }
}

/** Removes all that a run has in its folder; what is somebody else's stays. Only for who holds the lock. */
export function removeRunFiles(folder: string): void {
  for (const name of listInside(folder, folder)) {
    const isRuns = runLayout.some(([names]) => names.test(name)) || /^report\.html/.test(name);
    if (isRuns && !name.startsWith('run.lock')) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
