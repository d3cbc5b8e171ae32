/**
 * A run's folder may come from anywhere. Whatever lies under any of its names, it is refused by that name, nothing outside the folder changes,
 * and nothing is waited for.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockRun } from '@sparse-transformers/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resumeRun } from '../src/index.ts';
import { runFileSystemIn } from '../src/run-folder/run-files.ts';
import { repeatableLines, Trial } from './trial.ts';

const trial = new Trial();
const outside = trial.path('outside');
const [sound, other] = [trial.path('sound'), trial.path('other')];
afterAll(() => trial.remove());

/** Stopped between two checkpoints, with more of everything to come. */
const settings = [
  ...['--steps', '12', '--validation.every', '4', '--checkpoints.every', '3', '--checkpoints.keep', '1'],
  ...['--samples.every', '4', '--samples.tokens', '2', '--samples.count', '1'],
];

beforeAll(async () => {
  expect(await trial.run(trial.start('sound', ...settings), { stopAt: 8 })).toMatchObject({ code: 0 });
  cpSync(sound, other, { recursive: true });
});

/** What may lie where a file or a folder of a run belongs, and is none. */
const things: Record<string, (path: string) => void> = {
  'a link to a file': (path) => symlinkSync(join(outside, 'file'), path),
  'a link to a folder': (path) => symlinkSync(join(outside, 'folder'), path),
  'a link to nothing': (path) => symlinkSync(join(outside, 'nothing'), path),
  'a link to a pipe': (path) => symlinkSync(join(outside, 'pipe'), path),
  'a pipe': (path) => execFileSync('mkfifo', [path]),
  'a device': (path) => execFileSync('mknod', [path, 'c', '1', '5']),
  'the other kind': (path) => {
    if (isFolder(path)) writeFileSync(path, '{"step":1}\n');
    else mkdirSync(join(path, 'inner'), { recursive: true });
  },
  'a terabyte of nothing': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
  },
};

const goOn = ['a link to a file', 'a link to a folder', 'a pipe'];

/** Names that a run has at other times. */
const more = ['run.lock', 'config.json.writing', 'bad-batches', 'bad-batches/step-000000009.writing'];

function isFolder(path: string): boolean {
  const own = path.replace(/^.*\/case\//, '');
  return /^(bad-batches|events|samples|checkpoints)(\/(writing-)?step-[^/]*)?$/.test(own);
}

function placesOf(run: string): string[] {
  const names = readdirSync(run, { recursive: true }).map(String);
  return [...names, ...more].sort();
}

/** A file that is never read or grown may be of any size, and what is replaced as a whole may hold anything. */
function isHarmless(place: string, thing: string): boolean {
  if (/^(samples|bad-batches)\/step-[^/]+\/./.test(place)) return true;
  const isSize = thing === 'a terabyte of nothing';
  // An older checkpoint is not read.
  return (
    isSize && /^(checkpoints\/step-000000004\/.+|events\/.+|report\.html|config\.json\.writing)$/.test(place)
  );
}

/** Names, sizes and content. */
function contentOf(folder: string): string {
  const facts = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return `${path.slice(folder.length)} ${entry.isFile() ? readFileSync(path, 'latin1') : statSync(path).mtimeMs}`;
  });
  return facts.sort().join('\n');
}

/** Everything outside the run that it could reach. */
const outsideNow = () => contentOf(outside);
/** The files of a run. */
const filesOf = (folder: string) =>
  contentOf(folder)
    .split('\n')
    .filter((line) => !/^\S+ [\d.]+$/.test(line));

function makeOutside(): void {
  rmSync(outside, { recursive: true, force: true });
  // Names that a run would cut, remove or grow.
  for (const name of ['step-000000003', 'writing-step-000000009', 'step-000000004.writing'])
    mkdirSync(join(outside, 'folder', name), { recursive: true });
  writeFileSync(join(outside, 'file'), '{"step":1}\n{"step":2}\nnot a line of a run');
  writeFileSync(join(outside, 'folder', '0.txt'), 'theirs');
  execFileSync('mkfifo', [join(outside, 'pipe')]);
}

const run = trial.path('case');

function freshRun(): void {
  rmSync(run, { recursive: true, force: true });
  cpSync(sound, run, { recursive: true });
}

/** Puts back what was there, which is all that a refused run needs. */
async function putBack(place: string): Promise<void> {
  const top = place.split('/')[0]!;
  const spoiled = existsSync(join(sound, top)) ? place : top;
  // Not rmSync, which leaves links to nothing where they are on Node 24.
  await rm(join(run, spoiled), { recursive: true, force: true });
  if (spoiled === place && existsSync(join(sound, place)))
    cpSync(join(sound, place), join(run, place), { recursive: true });
}

const readers: Record<string, () => string[]> = {
  resume: () => ['--resume', run],
  report: () => ['report', run],
  compare: () => ['compare', run, other, '--out', trial.path('compared.html')],
  eval: () => ['eval', run, '--engine', 'cpu'],
  export: () => ['export', run, '--out', trial.path('exported')],
};

describe.each(Object.keys(things))('%s', (thing) => {
  it('under any name of a run is refused by that name, and nothing outside changes', async () => {
    makeOutside();
    const before = outsideNow();
    freshRun();
    for (const place of placesOf(sound)) {
      const path = join(run, place);
      if (thing === 'a terabyte of nothing' && isFolder(path)) continue;
      // Such a run goes on to its end, which takes its time: three kinds are enough for that.
      if (isHarmless(place, thing) && !goOn.includes(thing)) continue;
      rmSync(path, { recursive: true, force: true });
      mkdirSync(join(path, '..'), { recursive: true });
      things[thing]!(path);
      const { output, errors, code } = await trial.run(readers['resume']!());
      expect([place, outsideNow()]).toEqual([place, before]);
      if (!isHarmless(place, thing))
        expect([place, output + errors]).toEqual([place, expect.stringContaining(path)]);
      if (!isHarmless(place, thing) && place !== 'report.html') expect([place, code]).toEqual([place, 1]);
      expect(errors).toMatch(code === 0 ? /^$/ : /^sparse-train: [^\n]+\n$/);
      if (code === 0) freshRun();
      else await putBack(place);
    }
    expect(filesOf(run)).toEqual(filesOf(sound));
  });
});

it.each(Object.keys(readers).slice(1))(
  '%s reads nothing of others, and waits for nothing',
  async (command) => {
    makeOutside();
    const before = outsideNow();
    const kinds = Object.keys(things);
    for (const [index, place] of placesOf(sound).entries()) {
      const thing = kinds[index % kinds.length]!;
      freshRun();
      const path = join(run, place);
      rmSync(path, { recursive: true, force: true });
      mkdirSync(join(path, '..'), { recursive: true });
      things[thing]!(path);
      rmSync(trial.path('exported'), { recursive: true, force: true });
      const { errors, code } = await trial.run(readers[command]!());
      expect([place, outsideNow()]).toEqual([place, before]);
      if (code !== 0) expect(errors).toContain(run);
    }
  },
);

const lineFiles = ['metrics.jsonl', 'validation.jsonl', 'sessions.jsonl'];

describe.each(lineFiles)('%s', (name) => {
  const path = join(run, name);
  const lines = () => readFileSync(path, 'utf8').trimEnd().split('\n');

  it('with a second name elsewhere is not written to', async () => {
    makeOutside();
    freshRun();
    rmSync(path);
    cpSync(join(sound, name), join(outside, 'linked'));
    linkSync(join(outside, 'linked'), path);
    const before = outsideNow();
    const { code, errors } = await trial.run(readers['resume']!());
    expect([code, errors]).toEqual([1, expect.stringContaining(`${path}: expected a file of its own`)]);
    expect(outsideNow()).toBe(before);
  });

  it.each(['{"step":9,"lo', '\0\0\0\0', '{}'])(
    'that ends with %j is mended when the run goes on',
    async (torn) => {
      freshRun();
      const before = lines();
      writeFileSync(path, torn, { flag: 'a' });
      expect(await trial.run(readers['resume']!())).toMatchObject({ code: 0, errors: '' });
      expect(lines().slice(0, before.length)).toEqual(before);
      expect(lines().length).toBeGreaterThan(before.length);
      for (const line of lines()) expect(JSON.parse(line)).toHaveProperty('step');
    },
  );

  it('with a line that can not be read before others is refused, and left as it is', async () => {
    freshRun();
    const whole = lines();
    writeFileSync(
      path,
      [whole[0]!.slice(0, -5), ...whole, whole.at(-1)!.replace(/"step":\d+/, '"step":8'), ''].join('\n'),
    );
    const before = readFileSync(path, 'utf8');
    const { code, errors } = await trial.run(readers['resume']!());
    expect([code, errors]).toEqual([1, expect.stringContaining(`${path}: line 1 can't be read`)]);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('can be given up by removing it', async () => {
    freshRun();
    rmSync(path);
    const { code, output } = await trial.run(readers['resume']!());
    expect(code).toBe(0);
    expect(output.includes(`${path} has no lines of the 8 steps so far`)).toBe(name === 'metrics.jsonl');
    expect(existsSync(path)).toBe(true);
  });
});

it.each([
  ['in the middle', [3, 5], 'line 4 is of step 6, behind one of step 3'],
  ['at the end', [7, 9], 'the last line is of step 7, but expected one of step 8'],
] as const)(
  'lines of steps that are missing %s are told, by resume and by the report',
  async (_, [from, to], fault) => {
    freshRun();
    const path = join(run, 'metrics.jsonl');
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    writeFileSync(path, `${lines.filter((_, index) => index < from || index >= to).join('\n')}\n`);
    const { code, errors } = await trial.run(readers['resume']!());
    expect([code, errors]).toEqual([1, expect.stringContaining(`${path}: ${fault}`)]);
    await trial.run(readers['report']!());
    const told = readFileSync(join(run, 'report.html'), 'utf8').includes(
      'Steps that the metrics have no line of: 2.',
    );
    expect(told).toBe(fault.includes('behind'));
  },
);

describe('resuming', () => {
  it('reads the checkpoint only when nobody else can write one', async () => {
    freshRun();
    const disk = runFileSystemIn(run);
    let looks = 0;
    const fileSystem = {
      ...disk,
      list(folder: string) {
        looks += 1;
        // An old process that were still there could save now, and leave.
        expect(() => lockRun(run)).toThrow(`process ${process.pid}`);
        return disk.list(folder);
      },
    };
    const resumed = await resumeRun({ folder: run, engine: 'cpu', fileSystem });
    await resumed.close();
    expect(looks).toBeGreaterThan(0);
    expect(existsSync(join(run, 'run.lock'))).toBe(false);
  });

  it('goes on from what the process before saved last', async () => {
    freshRun();
    expect(await trial.run([...readers['resume']!(), '--max-tokens', '320'])).toMatchObject({ code: 0 });
    expect(await trial.run(readers['resume']!())).toMatchObject({ code: 0 });
    expect(repeatableLines(readFileSync(join(run, 'metrics.jsonl'), 'utf8'))).toHaveLength(12);
  });
});
