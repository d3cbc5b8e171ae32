/**
 * What stays of checkpoints when something breaks while one is written: every operation fails in every way, with and without the death of the
 * process, and with and without a cut of the power, after which only those changes are sure to be there that were brought to the disk.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  type CheckpointFileSystem,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
  writeCheckpoint,
} from '../src/index.ts';
import { failing, failures } from './failing-disk.ts';
import { type MemoryDisk, memoryDisk } from './memory-disk.ts';

const run = join('runs', 'a');

/** Files whose content tells the step. */
const filesOf = (step: number) =>
  new Map([
    ['weights.safetensors', new Uint8Array(100).fill(step)],
    ['state.json', Uint8Array.from(Buffer.from(`{"step":${step}}`))],
  ]);

interface Save {
  readonly step: number;
  readonly keep: number;
  readonly best: number | null;
}

const save = (fileSystem: CheckpointFileSystem, { step, keep, best }: Save) =>
  writeCheckpoint(run, step, filesOf(step), { keep, best, fileSystem });

interface Scenario {
  readonly name: string;
  /** Saves that worked. */
  readonly before: readonly Save[];
  /** The save in which something breaks. */
  readonly save: Save;
  /** The steps that must stay whatever happens: a promise of earlier saves. */
  readonly stay: readonly number[];
}

const scenarios: Scenario[] = [
  { name: 'the first save', before: [], save: { step: 0, keep: 2, best: null }, stay: [] },
  {
    name: 'a save that removes the one before',
    before: [{ step: 1, keep: 1, best: null }],
    save: { step: 2, keep: 1, best: null },
    stay: [],
  },
  {
    name: 'a save beside the best',
    before: [
      { step: 1, keep: 2, best: 1 },
      { step: 2, keep: 2, best: 1 },
    ],
    save: { step: 3, keep: 1, best: 1 },
    stay: [1],
  },
  {
    name: 'a save of a new best',
    before: [
      { step: 1, keep: 2, best: 1 },
      { step: 2, keep: 1, best: 1 },
    ],
    save: { step: 3, keep: 1, best: 3 },
    stay: [],
  },
];

async function diskBefore({ before }: Scenario): Promise<MemoryDisk> {
  const disk = memoryDisk();
  await disk.makeFolder(run);
  for (const one of before) await save(disk, one);
  return disk;
}

/** All disks that a cut of the power may leave; of many pending changes only those where one is missing, or all from one on. */
function disksAfterPowerCut(disk: MemoryDisk, many = 7): MemoryDisk[] {
  const count = disk.pending();
  if (count < many) {
    return Array.from({ length: 2 ** count }, (_, subset) =>
      disk.afterPowerCut((index) => ((subset >> index) & 1) === 1),
    );
  }
  return Array.from({ length: count + 1 }, (_, place) => [
    disk.afterPowerCut((index) => index < place),
    disk.afterPowerCut((index) => index !== place),
  ]).flat();
}

interface Promised {
  readonly newest: readonly (number | null)[];
  readonly stay: readonly number[];
}

/** Disks that were found sound, with what was asked of them: many breaks leave the same disk. */
const sound = new Set<string>();

/** Fails unless the disk holds whole checkpoints, the newest being one of `newest`, and the next save works. */
async function expectSound(disk: MemoryDisk, promised: Promised): Promise<void> {
  const question = JSON.stringify([promised, disk.content()]);
  if (sound.has(question)) return;
  await checkDisk(disk, promised);
  sound.add(question);
}

async function checkDisk(disk: MemoryDisk, { newest, stay }: Promised): Promise<void> {
  const options = { fileSystem: disk };
  const latest = await latestCheckpoint(run, options);
  if (!newest.includes(latest?.step ?? null)) expect.fail(`newest is ${latest?.step}, not of ${newest}`);
  const places = await listCheckpoints(run, options);
  for (const { folder, step } of places) checkFiles(await readCheckpoint(folder, options), step);
  const steps = places.map(({ step }) => step);
  if (!stay.every((step) => steps.includes(step))) expect.fail(`only ${steps} are left`);
  await save(disk, { step: 9, keep: 1, best: stay[0] ?? null });
  checkFiles(await latestCheckpoint(run, options), 9);
  const left = (await disk.list(join(run, 'checkpoints'))).sort().join();
  if (left !== [...stay.map((step) => `step-00000000${step}`), 'step-000000009'].join())
    expect.fail(`the next save leaves ${left}`);
}

/** Fails unless the files tell the step. Called far too often for the matchers of the test runner. */
function checkFiles(checkpoint: Checkpoint | null, step: number): void {
  for (const [name, bytes] of filesOf(step)) {
    const found = checkpoint?.files.get(name);
    if (!found || Buffer.compare(found, bytes) !== 0) expect.fail(`${name} of step ${step} is another`);
  }
}

/** The newest checkpoints that may be there after a save that broke. */
function allowed({ before, save: { step } }: Scenario, isWritten: boolean): (number | null)[] {
  return isWritten ? [step] : [before.at(-1)?.step ?? null, step];
}

/** Does the save with each operation failing in turn, and shows the disk of each. */
async function sweep(
  scenario: Scenario,
  fault: (typeof failures)[number],
  look: (disk: MemoryDisk, newest: (number | null)[], k: number) => Promise<void>,
): Promise<number> {
  for (let k = 1; ; k++) {
    const disk = await diskBefore(scenario);
    const { fileSystem, wasMet } = failing(disk, { k, ...fault }, disk.writeTorn);
    const isWritten = await save(fileSystem, scenario.save).then(
      () => true,
      () => false,
    );
    if (!wasMet()) return k - 1;
    await look(disk, allowed(scenario, isWritten), k);
  }
}

describe.each(scenarios)('$name', (scenario) => {
  const { stay } = scenario;

  it('leaves a sound disk when nothing breaks, even if the power is cut right after', async () => {
    const disk = await diskBefore(scenario);
    await save(disk, scenario.save);
    for (const left of disksAfterPowerCut(disk)) {
      await expectSound(left, { newest: [scenario.save.step], stay });
    }
  });

  describe.each(failures)('with an operation that fails $failure (process dies: $dies)', (fault) => {
    it('leaves whole checkpoints, the newest the old or the new one, and the next save works', async () => {
      const operations = await sweep(scenario, fault, (disk, newest) => expectSound(disk, { newest, stay }));
      expect(operations).toBeGreaterThan(10);
    });

    it('leaves the same if the power is cut then', async () => {
      await sweep(scenario, fault, async (disk, newest) => {
        for (const left of disksAfterPowerCut(disk)) await expectSound(left, { newest, stay });
      });
    });
  });

  it('leaves the same if the process dies, the same save is tried again, and the power is cut in it', async () => {
    const first = { failure: 'afterwards', dies: true } as const;
    await sweep(scenario, first, async (_, newest, k) => {
      for (let again = 1; ; again++) {
        const disk = await diskBefore(scenario);
        const dying = failing(disk, { k, ...first }, disk.writeTorn);
        await save(dying.fileSystem, scenario.save).catch(() => {});
        const { fileSystem, wasMet } = failing(disk, { k: again, ...first }, disk.writeTorn);
        await save(fileSystem, scenario.save).catch(() => {});
        if (!wasMet()) break;
        for (const left of disksAfterPowerCut(disk, 4)) await expectSound(left, { newest, stay });
      }
    });
  });
});
