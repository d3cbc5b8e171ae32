/** Runs on images and sound: what they learn from, what they count in, what they draw, what they tell of files they could not read. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { encodePng, encodeWav, openAudioDataset, readImage } from '@sparse-transformers/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repeatableLines, Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

const size = { rows: 4, columns: 4, channels: 3 };

/** Images with a gradient each, so that there is something to learn. */
function image(index: number): Uint8Array {
  return Uint8Array.from({ length: 48 }, (_, place) => (index * 16 + place * 2) % 256);
}

/** CIFAR-10's layout: a label, then the planes. */
function records(count: number): Uint8Array {
  const bytes = Array.from({ length: count }, (_, index) => {
    const interleaved = image(index);
    const plane = (channel: number) =>
      Array.from({ length: 16 }, (_, pixel) => interleaved[pixel * 3 + channel]!);
    return [index % 10, ...plane(0), ...plane(1), ...plane(2)];
  });
  return Uint8Array.from(bytes.flat());
}

beforeAll(() => {
  writeFileSync(trial.path('images.bin'), records(20));
  mkdirSync(trial.path('pictures'));
  for (let index = 0; index < 20; index++)
    writeFileSync(
      trial.path(`pictures/${String(index).padStart(2, '0')}.png`),
      encodePng([image(index)], size),
    );
  writeFileSync(trial.path('pictures/torn.png'), encodePng([image(0)], size).subarray(0, 40));
  mkdirSync(trial.path('sounds'));
  const tone = Float32Array.from({ length: 2000 }, (_, index) => 0.5 * Math.sin(index / 7));
  for (const name of ['a', 'b']) writeFileSync(trial.path(`sounds/${name}.wav`), encodeWav(tone, 12_000));
});

const small = [
  ...[
    '--engine',
    'wasm',
    '--threads',
    '1',
    '--steps',
    '12',
    '--training.batch',
    '2',
    '--training.warmupSteps',
    '4',
  ],
  ...['--model.width', '8', '--model.heads', '2', '--model.layers', '1', '--validation.batch', '2'],
  ...[
    '--validation.every',
    '6',
    '--validation.windows',
    '4',
    '--checkpoints.every',
    '5',
    '--samples.every',
    '12',
  ],
];

function images(run: string, data: string, ...more: string[]): string[] {
  return [
    ...['--config', 'image-folder', '--data', trial.path(data), '--out', trial.path(run), ...small],
    ...['--data.rows', '4', '--data.columns', '4', '--model.length', '48', '--samples.count', '4'],
    ...['--model.positions.rows', '4', '--model.positions.columns', '4'],
    ...['--model.patterns', '[{"kind":"strided","stride":12}]', ...more],
  ];
}

function sounds(run: string, ...more: string[]): string[] {
  return [
    ...['--config', 'audio-folder', '--data', trial.path('sounds'), '--out', trial.path(run), ...small],
    ...['--model.length', '64', '--model.positions.stride', '8', '--samples.tokens', '30'],
    ...['--model.layers', '2', ...more],
    ...['--model.patterns', '[{"kind":"repeat","times":2,"pattern":{"kind":"strided","stride":8}}]'],
  ];
}

async function expectFine(args: string[]): Promise<string> {
  const { code, output, errors } = await trial.run(args);
  expect([code, errors]).toEqual([0, '']);
  return output;
}

describe('images', () => {
  let output = '';
  beforeAll(async () => {
    output = await expectFine(images('records', 'images.bin'));
  });

  it('in files of records are learned, counted in dims, and drawn as one picture', async () => {
    expect(output).toContain('bits per dim');
    const drawn = trial.path('records/samples/step-000000012');
    expect(readdirSync(drawn)).toEqual(['images.png']);
    // Two by two, a pixel between neighbours.
    expect(await readImage(`${drawn}/images.png`, { rows: 9, columns: 9 })).toHaveLength(9 * 9 * 3);
    const lines = repeatableLines(readFileSync(trial.path('records/metrics.jsonl'), 'utf8'));
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ step: 12, tokens: 12 * 2 * 48 });
    expect(JSON.parse(lines[0]!).bits).toBeCloseTo(8, 5);
  });

  it('validate every number of an image, the first too', async () => {
    await expectFine(images('whole', 'images.bin', '--max-tokens', '1', '--validation.windows', '100'));
    const [line = ''] = readFileSync(trial.path('whole/validation.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(line)).toMatchObject({ predictions: 2 * 48 });
  });

  it('go on with the same bits', async () => {
    await trial.run(images('resumed', 'images.bin'), { stopAt: 8 });
    await expectFine(['--resume', trial.path('resumed')]);
    for (const name of ['weights', 'optimizer', 'average']) {
      const file = (run: string) =>
        readFileSync(trial.path(`${run}/checkpoints/step-000000012/${name}.safetensors`));
      expect(file('resumed').equals(file('records'))).toBe(true);
    }
  });

  it('in a folder are told if they can not be read, and counted', async () => {
    const told = await expectFine(images('pictures-run', 'pictures', '--max-tokens', '1'));
    expect(told).toMatch(/Skipped 1 of the data's files or lines:\n {2}\S*torn\.png: /);
    const session = JSON.parse(readFileSync(trial.path('pictures-run/sessions.jsonl'), 'utf8'));
    expect(session.skipped.count).toBe(1);
  });

  it('refuse a model of another size, or without a start', async () => {
    const other = await trial.run(images('other', 'images.bin', '--model.length', '47'));
    expect(other.errors).toContain('model.length must be 4 · 4 · 3 = 48, an image; got 47');
    const none = await trial.run(images('none', 'images.bin', '--model.start', 'none'));
    expect(none.errors).toContain('model.start must be "learned" for images');
  });
});

describe('sound', () => {
  it('is learned, counted in samples, and drawn as WAV', async () => {
    expect(await expectFine(sounds('sound'))).toContain('bits per sample');
    const drawn = trial.path('sound/samples/step-000000012');
    expect(readdirSync(drawn)).toEqual(['0.wav', '1.wav']);
    const dataset = await openAudioDataset(drawn, { split: { all: 1 } });
    // Half the model's length of the validation data, and 30 samples more.
    expect(dataset.tokens).toBe(2 * (32 + 30));
    await dataset.close();
  });

  it('is validated on other files if they are given', async () => {
    const valid = [
      '--valid',
      trial.path('sounds/b.wav'),
      '--validation.windows',
      '1000',
      '--max-tokens',
      '1',
    ];
    await expectFine(sounds('apart', ...valid));
    const [line = ''] = readFileSync(trial.path('apart/validation.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(line)).toMatchObject({ predictions: 1999 });
    expect(JSON.parse(readFileSync(trial.path('apart/config.json'), 'utf8'))).toMatchObject({
      data: [trial.path('sounds')],
      valid: [trial.path('sounds/b.wav')],
    });
  });
});
