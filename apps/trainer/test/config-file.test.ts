/** Configurations of one's own, as --config takes them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { configNamed } from '../src/configs/named.ts';
import type { RunConfig } from '../src/configuration/index.ts';
import { Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

function file(name: string, content: string): string {
  const path = trial.path(name);
  writeFileSync(path, content);
  return path;
}

async function printed(...args: string[]): Promise<RunConfig> {
  const { code, output, errors } = await trial.run([...args, '--print-config']);
  expect([code, errors]).toEqual([0, '']);
  return JSON.parse(output);
}

async function refusal(...args: string[]): Promise<string> {
  const { code, errors } = await trial.run([...args, '--print-config']);
  expect(code).toBe(1);
  return errors;
}

const tiny = configNamed('tiny-text');

describe('--config FILE', () => {
  it('takes what --print-config writes, and gives the same again', async () => {
    const config = await printed('--config', 'tiny-text', '--model.layers', '6');
    const path = file('whole.json', JSON.stringify(config));
    expect(await printed('--config', path)).toEqual(config);
    expect(config).toEqual({ ...tiny, model: { ...tiny.model, layers: 6 } });
  });

  it('changes some fields of another one, in YAML, and the command line goes before', async () => {
    const path = file(
      'mine.yaml',
      'from: tiny-text # a name\nmodel:\n  width: 64\n  patterns:\n    - { kind: fixed, block: 16, summary: 4 }\ntraining: { steps: 700, batch: 4 }\n',
    );
    const config = await printed('--config', path, '--training.batch', '2');
    expect(config).toEqual({
      ...tiny,
      model: { ...tiny.model, width: 64, patterns: [{ kind: 'fixed', block: 16, summary: 4 }] },
      training: { ...tiny.training, steps: 700, batch: 2 },
    });
  });

  it('is from a file beside it, and another kind drops the fields of the old one', async () => {
    mkdirSync(trial.path('configs'));
    file('configs/base.yml', 'from: tiny-text\ndata: { validShare: 0.2 }\n');
    const path = file(
      'configs/sound.yml',
      'from: ./base.yml\ndata: { kind: audio, sampleRate: 8000, splitSeed: 3 }\n',
    );
    const { data } = await printed('--config', path);
    expect(data).toEqual({
      kind: 'audio',
      sampleRate: 8000,
      splitSeed: 3,
      validShare: 0.2,
      testShare: 0,
      onBadInput: 'refuse',
    });
  });

  it('gives what has a default its default', async () => {
    const { model, training } = tiny;
    const least = {
      data: { kind: 'text' },
      model: {
        length: 64,
        layers: 1,
        width: 32,
        heads: 2,
        patterns: model.patterns,
        positions: model.positions,
      },
      training: { batch: 2, steps: training.steps, peakLearningRate: 1e-3 },
    };
    const config = await printed('--config', file('least.json', JSON.stringify(least)));
    expect(config).toMatchObject({
      data: { tokenizer: 'bytes', validShare: 0.1 },
      model: { feedForwardFactor: 4, start: 'none' },
      training: { optimizer: 'adamw', clipNorm: 1 },
      checkpoints: { keep: 2 },
    });
  });
});

describe('a file that makes no sense is refused by name', () => {
  const nested = Array.from(
    { length: 12 },
    (_, depth) => `a${depth}: &a${depth} [${depth === 0 ? '1' : `*a${depth - 1},`.repeat(9)}]`,
  );
  it.each([
    ['none.yaml', null, 'ENOENT'],
    ['.', null, 'it is no file'],
    ['cut.json', '{"model": {', 'neither JSON nor YAML'],
    ['list.yaml', '- 1\n', 'must be an object of fields'],
    ['empty.yaml', '', 'must be an object of fields'],
    ['long.json', `{"from":"tiny-text","x":"${'x'.repeat(2 ** 20)}"}`, 'at most 1048576'],
    ['bomb.yaml', `${nested.join('\n')}\n`, 'alias'],
    [
      'typo.yaml',
      'from: tiny-text\nmodel: { layer: 3 }\n',
      'there is no field "model.layer"; did you mean model.layers?',
    ],
    [
      'proto.yaml',
      'from: tiny-text\nmodel: { __proto__: { layers: 3 } }\n',
      'there is no field "model.__proto__"',
    ],
    ['other.yaml', 'from: tiny-texts\n', 'Did you mean tiny-text?'],
    ['number.yaml', 'from: 3\n', 'from must be the name of a configuration or a file; got 3'],
    ['own.yaml', 'from: ./own.yaml\n', 'is one its own?'],
    [
      'wrong.yaml',
      'from: tiny-text\nmodel: { layers: many }\n',
      'model.layers must be a whole number from 1 to 4096; got "many"',
    ],
    ['part.json', '{"data": {"kind": "text"}}', 'model must be'],
  ])('%s', async (name, content, words) => {
    const path = content === null ? trial.path(name) : file(name, content);
    const said = await refusal('--config', path);
    expect(said).toContain(words);
    expect(said).toContain(path);
  });
});

it('refuses a pipe, and does not wait for its writer', async () => {
  const path = trial.path('pipe.yaml');
  execFileSync('mkfifo', [path]);
  expect(await refusal('--config', path)).toContain(`--config ${path}: it is no file`);
});

it('--help has a line for each field: its meaning, what it may be, its default', async () => {
  const { output } = await trial.run(['--help']);
  const text = output.replace(/\s+/g, ' ');
  expect(text).toContain('The model: --model.length <value> Tokens that the model sees, n;');
  expect(text).toContain('--model.start <value> What stands before the first token');
  expect(text).toContain('"none" or "learned" (default: "none")');
});
