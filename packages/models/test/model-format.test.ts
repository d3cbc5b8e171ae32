/**
 * A program in NumPy that was made from docs/model-format.md alone computes the same model.
 *
 * Skipped where there is no python3 with NumPy: on Debian, apt-get install python3-numpy. The variable PYTHON demands the one that it names.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useEngine } from '@sparse-transformers/engines';
import { errorWithin } from '@sparse-transformers/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configToJSON, type SparseTransformerConfig, saveWeights } from '../src/index.ts';
import { oracleLogits } from './model-oracle.ts';
import { kindsUnderTest, patternsUnderTest } from './patterns-under-test.ts';
import { randomModel, randomTokens, smallConfig } from './random-model.ts';
import { uncachedLogits } from './uncached-logits.ts';

const demanded = process.env['PYTHON'];
const python = demanded ?? 'python3';
const isThere = spawnSync(python, ['-c', 'import numpy'], { stdio: 'ignore' }).status === 0;
const missing = `there is no ${python} with NumPy (on Debian: apt-get install python3-numpy)`;
const program = fileURLToPath(new URL('../../../examples/numpy_model.py', import.meta.url));

it('has a Python with NumPy', ({ skip }) => {
  if (isThere) return;
  if (demanded) throw new Error(missing);
  skip(missing);
});

/** A block of each kind of pattern that can be saved. */
const savedPatterns = patternsUnderTest.flatMap(([name, patterns]) => (name === 'predicate' ? [] : patterns));
const configs: [string, SparseTransformerConfig][] = [
  ['every kind of pattern', smallConfig(savedPatterns, { layers: savedPatterns.length })],
  ...kindsUnderTest.map(([name, patterns, changes]): [string, SparseTransformerConfig] => [
    name,
    smallConfig(patterns, changes),
  ]),
];

describe.runIf(isThere)('the program in NumPy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'model-format-'));
  beforeAll(async () => {
    await useEngine('wasm');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(configs)('computes %s', async (_, config) => {
    const model = randomModel(config);
    const tokens = randomTokens(Math.min(70, config.length - 1), config.vocabulary);
    writeFileSync(join(folder, 'model.json'), JSON.stringify(configToJSON(config)));
    writeFileSync(join(folder, 'weights.safetensors'), await saveWeights(model));
    const said = execFileSync(python, [program, folder, ...tokens.map(String)], { encoding: 'utf8' });
    const rows = said
      .trim()
      .split('\n')
      .map((line): number[] => JSON.parse(line));
    const [theirs, oracle, rounded, ours] = [
      rows,
      oracleLogits(model, tokens),
      oracleLogits(model, tokens, Math.fround),
      await uncachedLogits(model, tokens),
    ].map((logits) => logits.flatMap((row) => Array.from(row)));
    expect(theirs).toHaveLength(oracle!.length);
    const largest = oracle!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const apart = theirs!.reduce((most, value, at) => Math.max(most, Math.abs(value - oracle![at]!)), 0);
    expect(apart / largest).toBeLessThan(1e-12);
    errorWithin('logits', { actual: ours!, exact: theirs!, plain: rounded! });
  });
});
