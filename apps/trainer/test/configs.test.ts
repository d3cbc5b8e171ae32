/** The named configurations: each is whole and sound, and those of the paper's sizes have the paper's parameters. */
import { countParameters } from '@sparse-transformers/models';
import { describe, expect, it } from 'vitest';
import { configNamed, configs } from '../src/configs/named.ts';
import { fieldNames, parseRunConfig, setFields } from '../src/configuration/index.ts';
import { modelConfigOf } from '../src/configuration/model-config.ts';

const bytes = 256;

describe('a named configuration', () => {
  it.each([...configs])('%s passes the checks that the command line passes', (name, config) => {
    expect(parseRunConfig(name, structuredClone(config))).toEqual(config);
    expect(() => modelConfigOf(config, bytes)).not.toThrow();
  });

  // Section 7 of the paper, in millions.
  it.each([
    ['enwik8-fixed-paper', 95],
    ['cifar10-strided-paper', 59],
    ['imagenet64-strided-paper', 152],
    ['music-strided-paper', 152],
  ])('%s has the %i million parameters of the paper', (name, millions) => {
    expect(Math.round(countParameters(modelConfigOf(configNamed(name), bytes)) / 1e6)).toBe(millions);
  });
});

describe('the names of fields', () => {
  it('are those of every kind', () => {
    expect(fieldNames).toEqual(
      expect.arrayContaining([
        ...['data.kind', 'data.tokenizer', 'data.labelBytes', 'data.sampleRate'],
        ...['model.positions', 'model.positions.stride', 'model.positions.channels', 'training.notFinite'],
      ]),
    );
    expect(new Set(fieldNames).size).toBe(fieldNames.length);
  });
});

describe('setting fields', () => {
  const set = (...settings: [string, unknown][]) => {
    const config: object = structuredClone(configNamed('tiny-text'));
    setFields(config, new Map(settings));
    return config;
  };

  it('drops what only the old kind has, in any order', () => {
    const size: [string, unknown][] = [
      ['model.positions.rows', 2],
      ['model.positions.columns', 3],
      ['model.positions.channels', 1],
    ];
    const expected = { model: { positions: { kind: 'image', rows: 2, columns: 3, channels: 1 } } };
    expect(set(['model.positions.kind', 'image'], ...size)).toMatchObject(expected);
    expect(set(...size, ['model.positions.kind', 'image'])).toMatchObject(expected);
    expect(set(...size, ['model.positions.kind', 'image'])).not.toMatchObject({
      model: { positions: { stride: 16 } },
    });
  });

  it('takes a whole object, and one of its fields besides', () => {
    const positions = { kind: 'attention', stride: 8 };
    expect(set(['model.positions.stride', 4], ['model.positions', positions])).toMatchObject({
      model: { positions: { kind: 'attention', stride: 4 } },
    });
  });

  it.each([
    ['data.rows', 3, 'data of this kind has no "rows"'],
    ['data.kind', 'video', 'data.kind must be "text", "images" or "audio"; got "video"'],
    ['training.accumulate', 3, 'training.accumulate must be a divisor of training.batch (8); got 3'],
    ['training.lossLimit', 0.5, 'training.lossLimit must be 0, or a number above 1; got 0.5'],
    ['model.queryKeyFactor', 2, 'model.queryKeyFactor must be 1 or 0.5; got 2'],
    ['data.testShare', 0.95, 'data.validShare must be below 1 together with data.testShare (0.95); got 0.1'],
    [
      'validation.minimumContext',
      257,
      'validation.minimumContext must be at most model.length (256); got 257',
    ],
    [
      'model.patterns',
      [{ kind: 'repeat', times: 0, pattern: { kind: 'full' } }],
      'model.patterns.0.times must be',
    ],
    [
      'model.patterns',
      [{ kind: 'repeat', times: 2, pattern: { kind: 'fulll' } }],
      'model.patterns.0.pattern',
    ],
  ])('refuses %s = %j', (field, value, says) => {
    expect(() => parseRunConfig('config', set([field, value]))).toThrow(says);
  });
});

describe('patterns of layers', () => {
  it('repeat, and give each head a slot of its own', () => {
    const config = structuredClone(configNamed('tiny-text'));
    const patterns = [
      { kind: 'column', stride: 8 },
      { kind: 'repeat', times: 2, pattern: { kind: 'local', window: 8 } },
      { kind: 'fixed', block: 8, summary: 4, slot: 'distinct' },
    ];
    setFields(config, new Map<string, unknown>([['model.patterns', patterns]]));
    const built = modelConfigOf(config, bytes).patterns;
    expect(built.map(({ name }) => name).slice(0, 3)).toEqual([
      'column(stride 8)',
      'local(window 8)',
      'local(window 8)',
    ]);
    const summaries = (head: number) => built[3]!.heads![head]!.keys(16);
    expect(summaries(0)).not.toEqual(summaries(1));
    expect(summaries(2)).toEqual(summaries(0));
  });
});
