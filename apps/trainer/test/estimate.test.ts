import { writeFileSync } from 'node:fs';
import { EngineError, useEngine } from '@sparse-transformers/engines';
import { countParameters } from '@sparse-transformers/models';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { modelConfigOf } from '../src/configuration/model-config.ts';
import type { ModelConfig, RunConfig, TrainingConfig } from '../src/configuration/run-config.ts';
import { denseTwin, estimateRun, probe, refuseBeyondMemory, startRun, train } from '../src/index.ts';
import { learnerOf } from '../src/training/run.ts';
import { tinyText } from './recorded-run.ts';
import { Trial } from './trial.ts';

const vocabulary = 256;

/** A small configuration whose steps still take more than the plans and the smallest blocks. */
function small(model: Partial<ModelConfig> = {}, training: Partial<TrainingConfig> = {}): RunConfig {
  return {
    ...tinyText,
    model: { ...tinyText.model, length: 64, layers: 2, width: 64, heads: 4, ...model },
    training: { ...tinyText.training, batch: 2, warmupSteps: 0, ...training },
    validation: { ...tinyText.validation, batch: 2, windows: 2 },
  };
}

const image: Partial<ModelConfig> = {
  length: 108,
  positions: { kind: 'image', rows: 6, columns: 6, channels: 3 },
  start: 'learned',
  queryKeyFactor: 0.5,
  feedForwardFactor: 2,
};
const windows = [16, 8, 4, 2].map((window) => ({ kind: 'local', window }) as const);

const cases: Readonly<Record<string, RunConfig>> = {
  'text, strided': small(),
  'text, dense': denseTwin(small()),
  'text, fixed, with dropout': small({ patterns: [{ kind: 'fixed', block: 16, summary: 4 }], dropout: 0.1 }),
  'text, a pattern a head': small({ patterns: [{ kind: 'perHead', patterns: windows }] }),
  'text, recomputed': small({ layers: 4 }, { recompute: true, batch: 4 }),
  'text, in parts': small({}, { accumulate: 4, batch: 8 }),
  'text, Adafactor': small({ width: 256, layers: 1 }, { optimizer: 'adafactor' }),
  'text, Adafactor without momentum': small({ width: 256, layers: 1 }, { optimizer: 'adafactor', beta1: 0 }),
  'text, with an average': small({ width: 256, layers: 1 }, { averageDecay: 0.99, batch: 1 }),
  'text, wide heads': small({ width: 256, heads: 1, layers: 1 }),
  images: small(image),
  'images, recomputed and in parts': small(image, { recompute: true, accumulate: 2, batch: 4 }),
};

const missing = new Map<string, string>();
for (const name of ['wasm', 'native'] as const) {
  try {
    await useEngine(name);
  } catch (error) {
    if (!(error instanceof EngineError) || error.problem !== 'missing') throw error;
    missing.set(name, error.message);
  }
}

/** What our own backend says of its memory. */
interface DeviceMemory {
  allocatorMemory(): { readonly used: number; readonly peak: number };
  resetPeak(): void;
}

function deviceMemory(): DeviceMemory {
  const backend: object = tf.backend();
  if (tellsMemory(backend)) return backend;
  throw new Error('The active backend says nothing of its memory.');
}

function tellsMemory(backend: object): backend is DeviceMemory {
  return 'allocatorMemory' in backend && 'resetPeak' in backend;
}

describe.each(['wasm', 'native'] as const)('memory on %s', (name) => {
  beforeEach(async ({ skip }) => {
    const reason = missing.get(name);
    if (reason) skip(reason);
    await useEngine(name);
  });

  it.each(Object.entries(cases))('is estimated within 3 % of what a step takes: %s', async (_, config) => {
    const { stepPeak, weights } = estimateRun(config, vocabulary).memory;
    const before = deviceMemory().allocatorMemory().used; // plans of earlier cases
    const learner = learnerOf(config, { tokenizer: { size: vocabulary } }, 1);
    expect(deviceMemory().allocatorMemory().used - before).toBe(weights);
    const { peakBytes } = await probe(learner, config, { steps: 1, warmUpSeconds: 0 });
    expect(Math.abs(stepPeak / (peakBytes! - before) - 1)).toBeLessThan(0.03);
    learner.optimizer.dispose();
    learner.average?.dispose();
    tf.dispose([...learner.model.parameters.values()]);
  });

  it('is estimated within 3 % of what a run takes, validation included', async () => {
    const trial = new Trial();
    try {
      const config = { ...small({}, { steps: 4, averageDecay: 0.9, accumulate: 2 }) };
      const validated = { ...config, validation: { ...config.validation, batch: 24, windows: 24, every: 2 } };
      writeFileSync(trial.path('long.txt'), 'To be, or not to be, that is the question. '.repeat(1000));
      const before = deviceMemory().allocatorMemory().used;
      const run = await startRun({
        name: 'tiny-text',
        config: { ...validated, samples: { ...config.samples, every: 0 } },
        data: [trial.path('long.txt')],
        folder: trial.path('run'),
        seed: 1,
        engine: name,
      });
      await train(run, {
        onStep: ({ step }) => {
          if (step === 1) deviceMemory().resetPeak();
        },
      });
      const { peak, validationPeak } = estimateRun(validated, run.data.tokenizer.size).memory;
      expect(peak).toBe(validationPeak);
      expect(Math.abs(peak / (deviceMemory().allocatorMemory().peak - before) - 1)).toBeLessThan(0.03);
      await run.close();
      tf.dispose([...run.model.parameters.values()]);
      run.optimizer.dispose();
      run.average?.dispose();
    } finally {
      trial.remove();
    }
  });
});

describe('an estimate', () => {
  it.each(Object.entries(cases))('has parts that sum to all parameters: %s', (_, config) => {
    const { parameters, parts } = estimateRun(config, vocabulary);
    expect(parameters).toBe(countParameters(modelConfigOf(config, vocabulary)));
    expect(Object.values(parts).reduce((a, b) => a + b)).toBe(parameters);
  });

  it('counts two FLOPs for each weight of a product and each number of a pair', () => {
    const config = small({ layers: 1, patterns: [{ kind: 'full' }] });
    const { flops } = estimateRun(config, vocabulary);
    const [width, length] = [64, 64];
    const products = 2 * (12 * width * width + width * vocabulary);
    const pairs = (length + 1) / 2; // a token sees on average
    expect(flops.forward).toBe(products + 4 * width * pairs);
    expect(flops.backward).toBe(2 * products + 10 * width * pairs);
    expect(flops.recompute).toBe(0);
    const again = estimateRun(
      small({ layers: 1, patterns: [{ kind: 'full' }] }, { recompute: true }),
      vocabulary,
    );
    expect(again.flops.recompute).toBe(flops.forward - 2 * width * vocabulary);
  });

  it('sets the sparse pattern beside the dense one: fewer FLOPs, the same parameters', () => {
    const config = small({ length: 1024, patterns: [{ kind: 'strided', stride: 32 }] });
    const [sparse, dense] = [estimateRun(config, vocabulary), estimateRun(denseTwin(config), vocabulary)];
    expect(sparse.flops.training).toBeLessThan(dense.flops.training / 1.5);
    expect(sparse.parameters).toBe(dense.parameters);
    expect(sparse.plainScores).toBe(4 * 2 * 2 * 4 * 1024 ** 2);
  });

  it('knows the size of a checkpoint: weights, what the optimiser keeps, the average', () => {
    const { parameters, checkpoint } = estimateRun(small({}, { averageDecay: 0.9 }), vocabulary);
    expect(checkpoint).toBe(4 * 4 * parameters);
    const adafactor = estimateRun(small({}, { optimizer: 'adafactor', beta1: 0 }), vocabulary);
    expect(adafactor.checkpoint).toBeLessThan(4 * 1.1 * parameters);
  });

  it('tells of a model that no machine could hold, without making it', () => {
    const config = small({ width: 2 ** 16, layers: 128, length: 2 ** 14 });
    expect(estimateRun(config, vocabulary).memory.peak).toBeGreaterThan(2 ** 42);
  });
});

describe('a run beyond the memory', () => {
  it('is refused with what it needs, what there is, and a way out', () => {
    const request = { engine: 'native', limit: 2 ** 20 };
    expect(() => refuseBeyondMemory(small(), vocabulary, request)).toThrow(
      /needs about .* GiB for tensors, and engine native has at most .* GiB here.*--training\.recompute.*--force/,
    );
    expect(() => refuseBeyondMemory(small(), vocabulary, { engine: 'native', limit: 2 ** 30 })).not.toThrow();
  });

  it('is refused on wasm beyond its 4 GiB, and not where the memory is not this machine’s', () => {
    const config = small({ width: 2 ** 14, layers: 16 });
    expect(() => refuseBeyondMemory(config, vocabulary, { engine: 'wasm' })).toThrow(/at most [\d.]+ GiB/);
    expect(() => refuseBeyondMemory(config, vocabulary, { engine: 'webgpu' })).not.toThrow();
  });
});

describe('sparse-train estimate', () => {
  const trial = new Trial();
  afterAll(() => trial.remove());

  it('prints both sides, in the unit of the data', async () => {
    const { code, output } = await trial.run([
      'estimate',
      '--config',
      'enwik8-fixed',
      '--training.steps',
      '5000',
    ]);
    expect(code).toBe(0);
    for (const row of [
      /as configured +dense/,
      /FLOPs a byte, forward +[\d.]+ M +[\d.]+ M/,
      /peak of a step +[\d.]+ MiB/,
    ]) {
      expect(output).toMatch(row);
    }
  });

  it('probes an engine, and prints JSON', async () => {
    const { code, output, errors } = await trial.run([
      ...[
        'estimate',
        '--config',
        'tiny-text',
        '--data',
        trial.path('text.txt'),
        '--engine',
        'wasm',
        '--json',
      ],
      ...['--model.length', '16', '--model.width', '8', '--model.heads', '2', '--model.layers', '1'],
      ...['--model.patterns', '[{"kind":"local","window":4}]', '--training.batch', '1'],
    ]);
    expect(errors).toBe('Taking some steps on wasm, as configured\nTaking some steps on wasm, dense\n');
    expect(code).toBe(0);
    const { vocabulary: letters, configured, dense } = JSON.parse(output);
    expect(letters).toBe(new Set('To be, or not to be, that is the question. ').size);
    expect(configured.probe.stepSeconds).toBeGreaterThan(0);
    const { forward, backward, recompute, all, ...others } = configured.flops;
    expect([all, others]).toEqual([forward + backward + recompute, {}]);
    expect(dense.patterns).toEqual(['causal()']);
    expect(dense.probe.peakBytes).toBeGreaterThan(0);
  });

  it('says that an alphabet is assumed where no data is given', async () => {
    const { output } = await trial.run(['estimate', '--config', 'tiny-text']);
    expect(output).toContain('Assumed: 256 characters');
  });

  it('is asked by a run that begins', async () => {
    const { code, errors } = await trial.run(
      trial.start('run', '--model.width', String(2 ** 18), '--model.heads', '2'),
    );
    expect(code).toBe(1);
    expect(errors).toMatch(/GiB for tensors/);
  });
});
