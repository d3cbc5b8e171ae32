/** What the libraries say is told in the words of the command line, and what is odd about data is told before a run. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import {
  type AudioDatasetOptions,
  DatasetError,
  datasetOptionNames,
  encodeWav,
  type ImageDatasetOptions,
  type RandomRecordsOptions,
  type RandomWindowsOptions,
  type TextDatasetOptions,
} from '@sparse-transformers/datasets';
import { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { trainCommand } from '../src/commands/train.ts';
import { flagOf } from '../src/messages/message-of.ts';
import { Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

/** Names that only programs know: options in camel case, and functions; not as a part of an option of ours. */
const apiNames = new RegExp(
  `(?<![.\\-\\w])(${[...datasetOptionNames.filter((name) => /[A-Z]/.test(name)), 'openTextDataset', 'openImageDataset', 'openAudioDataset', 'randomWindows', 'randomRecords', 'contiguousWindows', 'contiguousRecords', 'lockRun', 'limitBytes', 'createWasmDevice', 'encode', 'push'].join('|')})\\b`,
);

type Option =
  | keyof TextDatasetOptions
  | keyof ImageDatasetOptions
  | keyof AudioDatasetOptions
  | keyof RandomWindowsOptions
  | keyof RandomRecordsOptions;

describe('the options of datasets', () => {
  it('are all known by name', () => {
    const known = Object.fromEntries(datasetOptionNames.map((name) => [name, true]));
    const every: Record<Option | 'minimumContext', true> = known as Record<
      (typeof datasetOptionNames)[number],
      true
    >;
    expect(Object.keys(every)).toHaveLength(datasetOptionNames.length);
  });

  it.each(datasetOptionNames)('%s is called as the command line has it, or not at all', (name) => {
    const command = new Command();
    trainCommand.define(command);
    const flag = flagOf(name);
    if (flag !== null) expect(command.options.map(({ long }) => long)).toContain(flag);
    const message = (nameOf: typeof flagOf) =>
      new DatasetError('argument', {
        operation: 'openTextDataset',
        fact: [{ option: name }, ' must be other'],
        ways: ['mend it', ['pass ', { option: name, value: 'skip' }]],
      }).describe(nameOf);
    expect(message(flagOf)).toBe(
      flag === null
        ? 'a setting must be other; mend it'
        : `${flag} must be other; mend it, or pass ${flag} skip`,
    );
    expect(message((option, value) => (value === undefined ? option : `${option}: '${value}'`))).toContain(
      `pass ${name}: 'skip'`,
    );
  });
});

const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(trial.path(name), content);
  return trial.path(name);
};

const folder = (name: string): string => {
  mkdirSync(trial.path(name));
  return trial.path(name);
};

/** Refusals that come from the libraries, and a part of what the command line makes of them. */
const refusals: Record<string, readonly [data: () => string, more: readonly string[], says: string]> = {
  'a line too long': [
    () => write('long.jsonl', `{"text":"${'a'.repeat(2 ** 24)}"}\n`),
    [],
    'or pass --data.onBadInput skip',
  ],
  'a line without the field': [
    () => write('other.jsonl', '{"note":"a"}\n'),
    [],
    'with --data.field, or pass --data.onBadInput skip',
  ],
  'a text in Latin-1': [
    () => write('latin.txt', Buffer.from('Käse'.repeat(50), 'latin1')),
    ['--data.tokenizer', 'characters'],
    'or take --data.tokenizer bytes',
  ],
  'an archive': [
    () => write('a.txt', 'PK\x03\x04'),
    [],
    'a zip archive; unpack it, or pass --data.anyBytes true',
  ],
  'a short text': [() => write('short.txt', 'To be'), [], 'or a shorter --model.length'],
  'an empty folder': [() => folder('none'), [], 'got none; check the folder'],
  'any bytes as characters': [
    () => trial.path('text.txt'),
    ['--data.anyBytes', 'true'],
    '--data.anyBytes must be false',
  ],
};

const sounds = [
  '--config',
  'audio-folder',
  '--model.length',
  '64',
  '--model.positions.stride',
  '8',
  '--model.patterns',
  '[{"kind":"strided","stride":8}]',
];

describe('a message', () => {
  it.each(Object.entries(refusals))(
    'for %s has only names of the command line',
    async (_, [data, more, says]) => {
      const { code, errors } = await trial.run(trial.start('new', ...more, '--data', data()));
      expect(code).toBe(1);
      expect(errors).toContain(says);
      expect(errors).not.toMatch(apiNames);
    },
  );

  it('for sound that can not be used counts it once', async () => {
    const path = write('torn.wav', encodeWav(new Float32Array(100), 12_000).subarray(0, 100));
    for (const policy of ['refuse', 'skip']) {
      const args = [...trial.start('new', '--data', path), ...sounds, '--data.onBadInput', policy];
      const { errors } = await trial.run(args);
      if (policy === 'skip') expect(errors).toContain('got none: 1 was left out, such as');
      expect(errors).not.toMatch(apiNames);
    }
  });

  it('for a run that another process holds has only names of the command line', async () => {
    await trial.run(trial.start('held', '--steps', '4'));
    writeFileSync(trial.path('held/run.lock'), 'nobody');
    const { errors } = await trial.run(['--resume', trial.path('held'), '--steps', '8']);
    expect(errors).toContain('run.lock exists but does not say who holds it');
    expect(errors).not.toMatch(apiNames);
  });

  it.each([
    ['a file', (place: string) => writeFileSync(place, '')],
    ['a link to nothing', (place: string) => symlinkSync('nowhere', place)],
  ])('names the cache where it is %s, with the ways out, and leaves no run', async (kind, put) => {
    const before = process.env['XDG_CACHE_HOME'];
    const place = trial.path('broken-cache');
    put(place);
    try {
      process.env['XDG_CACHE_HOME'] = place;
      const { errors } = await trial.run(trial.start('new'));
      expect(errors).toMatch(
        /token cache \S*broken-cache\S*: .*set XDG_CACHE_HOME to another folder, or pass another --cache\n$/,
      );
      expect(errors).not.toMatch(apiNames);
      const { code } = await trial.run(
        trial.start(`with-cache-${kind.length}`, '--cache', trial.path('other-cache')),
      );
      expect(code).toBe(0);
    } finally {
      process.env['XDG_CACHE_HOME'] = before;
      rmSync(place);
    }
  });
});

describe('before a run', () => {
  it('it is told how many files and bytes are used', async () => {
    mkdirSync(trial.path('texts'));
    for (const name of ['a.txt', 'b.txt']) write(`texts/${name}`, 'To be, or not to be. '.repeat(40));
    write('texts/c.txt', gzipSync('To be, or not to be. '.repeat(40)));
    const packed = gzipSync('To be, or not to be. '.repeat(40)).length;
    const { output } = await trial.run(trial.start('counted', '--data', trial.path('texts'), '--steps', '4'));
    const bytes = (2 * 840 + packed).toLocaleString('en-US');
    expect(output).toContain(`Data: 3 files, ${bytes} bytes: 2,271 tokens to train on, 253 to validate on.`);
  });

  it('it is told which text is not UTF-8, with the ways out', async () => {
    const path = write('latin1.txt', Buffer.from('Käse und Brot. '.repeat(50), 'latin1'));
    const bytes = ['--data.tokenizer', 'bytes', '--steps', '4', '--data', path];
    const { output, code } = await trial.run(trial.start('latin', ...bytes));
    const dry = await trial.run(trial.start('dry', ...bytes, '--dry-run'));
    expect(dry.output).toContain(`${path}: it is not UTF-8 from byte 1 of its text on`);
    expect(code).toBe(0);
    expect(output).toContain(`${path}: it is not UTF-8 from byte 1 of its text on`);
    expect(output).toContain('--data.anyBytes true');
    const meant = await trial.run(trial.start('meant', ...bytes, '--data.anyBytes', 'true'));
    expect(meant.output).not.toContain('UTF-8');
  });

  it('data that was moved is told of with the way to say where it lies', async () => {
    const path = write('moved.txt', 'To be, or not to be. '.repeat(40));
    await trial.run(trial.start('moving', '--data', path, '--steps', '4'));
    renameSync(path, trial.path('elsewhere.txt'));
    const args = ['--resume', trial.path('moving'), '--steps', '8'];
    expect((await trial.run(args)).errors).toContain(
      `open ${path}: expected a file of data, got no such file`,
    );
    expect((await trial.run(args)).errors).toContain(
      'If the data was moved, say where it lies now: --data PATHS',
    );
    expect((await trial.run([...args, '--data', trial.path('elsewhere.txt')])).code).toBe(0);
  });
});
