/** Every refusal names the thing, what was expected, what came and the way out; and leaves the disk as it was. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nodeRunFileSystem, type RunFileSystem } from '../src/run-folder/run-files.ts';
import { Trial } from './trial.ts';

const trial = new Trial();
const path = (name: string) => trial.path(name);

const fullDisk: RunFileSystem = {
  ...nodeRunFileSystem,
  writeFile: () =>
    Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })),
};

interface Case {
  args: () => string[];
  /** All of these are in the message. */
  says: string[];
  prepare?: () => void;
  fileSystem?: RunFileSystem;
  /** 1 if not given. */
  code?: number;
}

function withData(name: string, content: Buffer | string, ...more: string[]): Pick<Case, 'args' | 'prepare'> {
  return {
    prepare: () => writeFileSync(path(name), content),
    args: () => trial.start('new', '--data', path(name), ...more),
  };
}

/** A copy of a sound run, with something wrong in it. */
function spoiled(name: string, spoil: () => void): Pick<Case, 'args' | 'prepare'> {
  return {
    prepare() {
      cpSync(path('run'), path(name), { recursive: true });
      spoil();
    },
    args: () => ['--resume', path(name)],
  };
}

const weights = 'checkpoints/step-000000020/weights.safetensors';

const cases: Record<string, Case> = {
  'no such text': {
    args: () => trial.start('new', '--data', path('absent.txt')),
    says: ['absent.txt'],
  },
  'a folder instead of the text': {
    prepare: () => mkdirSync(path('folder')),
    args: () => trial.start('new', '--data', path('folder')),
    says: ['folder', 'file'],
  },
  'an empty text': { ...withData('empty.txt', ''), says: ['empty.txt', 'empty'] },
  'a text shorter than a window': {
    ...withData('short.txt', 'To be, or not'),
    says: ['short.txt', '17', 'longer file'],
  },
  'a text without room for validation': {
    ...withData('tight.txt', 'To be, or not to be? Yes', '--data.validShare', '0.02'),
    says: ['tight.txt', 'validation', 'at least 2', '--data.validShare'],
  },
  'a damaged .gz': { ...withData('text.gz', gzipSync('abc'.repeat(500)).fill(7, 12, 30)), says: ['text.gz'] },
  'a .gz that is none': { ...withData('plain.gz', 'abc'.repeat(500)), says: ['plain.gz'] },
  'an unknown configuration': {
    args: () => ['--config', 'tiny-txt', '--data', path('text.txt'), '--out', path('new')],
    says: ['--config', '"tiny-txt"', 'expected one of', 'Did you mean tiny-text?'],
  },
  'no configuration': { args: () => ['--out', path('new')], says: ['--config is missing', 'For example'] },
  'no folder to write to': {
    args: () => ['--config', 'tiny-text', '--data', path('text.txt')],
    says: ['--out is missing'],
  },
  'an unknown field': {
    args: () => trial.start('new', '--model.layer', '4'),
    says: ['--model.layer', 'Did you mean --model.layers?'],
  },
  'a word where a number belongs': {
    args: () => trial.start('new', '--model.layers', 'four'),
    says: ['model.layers', 'whole number from 1 to 4096', '"four"'],
  },
  'an empty value': {
    args: () => trial.start('new', '--model.layers', ''),
    says: ['model.layers', 'whole number', '""'],
  },
  'a share where a whole number belongs': {
    args: () => trial.start('new', '--training.batch', '1.5'),
    says: ['training.batch', 'whole number', '1.5'],
  },
  'a tokenizer that is none': {
    args: () => trial.start('new', '--data.tokenizer', 'words'),
    says: ['data.tokenizer', '"bytes" or "characters"', '"words"'],
  },
  'no steps': { args: () => trial.start('new', '--steps', '0'), says: ['training.steps', 'from 1', 'got 0'] },
  'steps given twice': {
    args: () => trial.start('new', '--training.steps', '5'),
    says: ['--steps', '--training.steps', 'one of them'],
  },
  'a broken seed': {
    args: () => trial.start('new', '--seed', '1.5'),
    says: ['--seed', 'whole number', '1.5'],
  },
  'a seed in words': { args: () => trial.start('new', '--seed', 'one'), says: ['--seed', 'number', '"one"'] },
  'a warm-up longer than the run': {
    args: () => trial.start('new', '--training.warmupSteps', '21'),
    says: ['training.warmupSteps', 'at most training.steps (20)', 'got 21', '--training.warmupSteps'],
  },
  'a final learning rate above the peak': {
    args: () => trial.start('new', '--training.finalLearningRate', '1'),
    says: ['training.finalLearningRate', 'at most', 'got 1', '--training.finalLearningRate'],
  },
  'a width that heads do not divide': {
    args: () => trial.start('new', '--model.heads', '3'),
    says: ['model', 'width must be a multiple of heads (3)', '8', '--model.FIELD'],
  },
  'a pattern that shows the future': {
    args: () => trial.start('new', '--model.patterns', '[{"kind":"local","window":3,"causal":false}]'),
    says: ['model', 'causal', 'local', '--model.patterns'],
  },
  'a pattern of no known kind': {
    args: () => trial.start('new', '--model.patterns', '[{"kind":"fixd","block":4,"summary":1}]'),
    says: ['model.patterns.0', 'fixed', 'fixd'],
  },
  'a pattern of size 0': {
    args: () => trial.start('new', '--model.patterns', '[{"kind":"fixed","block":0,"summary":1}]'),
    says: ['model.patterns', 'block', 'from 1', '0'],
  },
  'a pattern with a field too many': {
    args: () => trial.start('new', '--model.patterns', '[{"kind":"local","window":2,"stride":2}]'),
    says: ['model.patterns.0', '"stride"', 'leave it out'],
  },
  'patterns that are no JSON': {
    args: () => trial.start('new', '--model.patterns', 'fixed'),
    says: ['model.patterns', 'array', '"fixed"'],
  },
  'patterns whose bracket is missing': {
    args: () => trial.start('new', '--model.patterns', '[{"kind":"fixed","block":4,"summary":1}'),
    says: ['--model.patterns must be JSON', 'which is none', 'brackets'],
  },
  'an unknown engine': { args: () => trial.start('new', '--engine', 'gpu'), says: ["'gpu'", 'wasm'] },
  'an engine that cannot run': {
    args: () => trial.start('new', '--engine', 'cuda'),
    says: ["'cuda'", 'wasm'],
  },
  'a time limit of 0': {
    args: () => trial.start('new', '--max-minutes', '0'),
    says: ['--max-minutes', 'above 0'],
  },
  'a stray word': { args: () => trial.start('new', 'stray'), says: ['too many arguments', '--help'] },
  'a command that is none': {
    args: () => ['evl', path('run')],
    says: ['no command "evl"', 'Did you mean eval?'],
  },
  'a run in the way': {
    args: () => trial.start('run'),
    says: ['--out', path('run'), `--resume ${path('run')}`],
  },
  'a full folder in the way': {
    prepare() {
      mkdirSync(path('full'));
      writeFileSync(path('full/diary.txt'), 'dear diary');
    },
    args: () => trial.start('full'),
    says: ['--out', path('full'), 'new or empty'],
  },
  'a file in the way': { args: () => trial.start('text.txt'), says: ['--out', 'text.txt', 'in the way'] },
  'a file where the folder above belongs': {
    args: () => trial.start('text.txt/run'),
    says: ['text.txt/run', "can't be written", 'Choose another folder'],
  },
  'a full disk': {
    args: () => trial.start('new'),
    fileSystem: fullDisk,
    code: 3,
    says: [path('new'), 'disk is full', 'Free some space'],
  },
  'a run to resume that is not there': {
    args: () => ['--resume', path('absent')],
    says: ['--resume', path('absent'), 'no run'],
  },
  'a run without checkpoints': {
    ...spoiled('bare', () => rmSync(path('bare/checkpoints'), { recursive: true })),
    says: ['--resume', path('bare'), 'no checkpoint', 'anew'],
  },
  'a config.json that is no JSON': {
    ...spoiled('torn', () => writeFileSync(path('torn/config.json'), '{"format":')),
    says: [path('torn/config.json'), 'JSON'],
  },
  'a config.json with an unknown field': {
    ...spoiled('odd', () => edit('odd/config.json', '"layers"', '"layer"')),
    says: [path('odd/config.json'), 'layer'],
  },
  'a config.json of another model': {
    ...spoiled('other', () => edit('other/config.json', '"width": 8', '"width": 16')),
    says: [path('other'), 'another model', 'Put back'],
  },
  'a flipped byte in a checkpoint': {
    ...spoiled('flipped', () => flip(`flipped/${weights}`)),
    says: [path(`flipped/${weights}`), 'checksum', 'remove its folder'],
  },
  'a checkpoint with a file missing': {
    ...spoiled('gap', () => rmSync(path(`gap/${weights}`))),
    says: [path(`gap/${weights}`), 'missing'],
  },
  'a checkpoint cut short': {
    ...spoiled('cut', () => writeFileSync(path(`cut/${weights}`), 'short')),
    says: [path(`cut/${weights}`), 'expected', 'got 5'],
  },
  'a run that another process writes to': {
    ...spoiled('locked', () => {
      const holder = { pid: process.ppid, host: hostname(), since: new Date(0).toISOString() };
      writeFileSync(path('locked/run.lock'), JSON.stringify(holder));
    }),
    says: ['locked', `process ${process.ppid}`, 'run.lock'],
  },
  'another configuration for a run': {
    args: () => ['--resume', path('run'), '--model.layers', '2'],
    says: ['--resume', '--model.layers', 'new run'],
  },
  'a text that has changed': {
    prepare() {
      writeFileSync(path('changed.txt'), 'another text');
    },
    args: () => ['--resume', path('run'), '--data', path('changed.txt')],
    says: ['changed.txt', 'the text that the run began with', 'put the old file back'],
  },
};

function edit(name: string, from: string, to: string): void {
  writeFileSync(path(name), readFileSync(path(name), 'utf8').replace(from, to));
}

function flip(name: string): void {
  const bytes = readFileSync(path(name));
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(path(name), bytes);
}

beforeAll(async () => {
  expect(await trial.run(trial.start('run'))).toMatchObject({ code: 0, errors: '' });
});
afterAll(() => trial.remove());

it.each(Object.entries(cases))('refuses %s', async (_, { args, says, prepare, fileSystem, code = 1 }) => {
  prepare?.();
  const before = trial.hash();
  const result = await trial.run(args(), fileSystem === undefined ? {} : { fileSystem });
  expect(trial.hash()).toBe(before);
  expect(result.code).toBe(code);
  for (const part of says) expect(result.errors).toContain(part);
  expect(result.errors).toMatch(/^sparse-train: [^\n]+\n$/);
  expect(result.errors).not.toMatch(/\n\s+at |undefined|\[object/);
});

it('leaves earlier checkpoints when the disk fills up later', async () => {
  let writes = 0;
  const filling: RunFileSystem = {
    ...nodeRunFileSystem,
    writeFile: (file, bytes) =>
      ++writes > 9 ? fullDisk.writeFile(file, bytes) : nodeRunFileSystem.writeFile(file, bytes),
  };
  const result = await trial.run(trial.start('filling'), { fileSystem: filling });
  expect(result).toMatchObject({ code: 3 });
  expect(result.errors).toContain('disk is full');
  expect(await trial.run(['--resume', path('filling')])).toMatchObject({ code: 0, errors: '' });
});

it('stops at a loss that is no number, without taking the step', async () => {
  const blowUp = ['--training.peakLearningRate', '1e30', '--training.warmupSteps', '0'];
  const result = await trial.run(trial.start('hot', ...blowUp));
  expect(result.code).toBe(2);
  expect(result.errors).toMatch(
    /step \d+: the (loss|norm of the gradients) is (NaN|Infinity).*checkpoint of step 0.*--training\.peakLearningRate/,
  );
});
