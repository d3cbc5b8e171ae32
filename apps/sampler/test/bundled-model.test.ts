/** The model that comes with the program: it samples at once, and is what its card says. */
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useEngine } from '@sparse-transformers/engines';
import { disposeParameters } from '@sparse-transformers/layers';
import { countParameters } from '@sparse-transformers/models';
import { tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { buildModel, bundledModel, readModel } from '../src/index.ts';
import { runMain } from './run-main.ts';
import { newFolder } from './tiny-run.ts';

const card = readFileSync(join(bundledModel, 'README.md'), 'utf8');

/** Mean bits a character of a text, in windows side by side, by the forward pass of training. */
function bitsOf(model: ReturnType<typeof buildModel>, ids: Int32Array): number {
  const { length, vocabulary } = model.config;
  let nats = 0;
  for (let first = 0; first + 1 < ids.length; first += length) {
    const targets = ids.subarray(first + 1, first + 1 + length);
    const inputs = ids.subarray(first, first + targets.length);
    const logits = model.apply(tensor2d(inputs, [1, inputs.length], 'int32'));
    const numbers = logits.dataSync<'float32'>();
    logits.dispose();
    targets.forEach((target, place) => {
      const row = numbers.subarray(place * vocabulary, (place + 1) * vocabulary);
      const most = row.reduce((a, b) => Math.max(a, b));
      nats += most + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - most), 0)) - row[target]!;
    });
  }
  return nats / (ids.length - 1) / Math.LN2;
}

it('goes on with Shakespeare without a run, from nothing or from a prompt', async () => {
  const { text, notes, refusal } = await runMain(['--tokens', '60', '--engine', 'wasm']);
  expect(refusal).toBe(null);
  expect(notes).toContain(`in ${bundledModel}\n`);
  expect(text).toMatch(/^[\n !$&',\-.3:;?A-Za-z]{60,61}$/);
  // Letters by chance would make hardly any of these.
  expect(text).toMatch(/\b(the|and|to|of|you|my|that|is|in|I|a|not|with|it|for|he|his|thou|me)\b/);
  const prompted = await runMain(['--prompt', 'ROMEO:', '--tokens', '10', '--engine', 'wasm']);
  expect(prompted.text.startsWith('ROMEO:')).toBe(true);
});

it('has the size and the bits a character that its card tells', async () => {
  await useEngine('wasm');
  const saved = await readModel(bundledModel);
  const [, parameters] = /([\d,]+) parameters/.exec(card)!;
  expect(countParameters(saved.config).toLocaleString('en-US')).toBe(parameters);
  const [, told] = /(\d\.\d+) bits a character on `valid\.txt`/.exec(card)!;
  if (saved.tokenizer.kind !== 'characters')
    throw new Error(`expected characters, not ${saved.tokenizer.kind}`);
  const ids = saved.tokenizer.encode(readFileSync(join(bundledModel, 'valid.txt'), 'utf8'));
  const model = buildModel(saved);
  const bits = tidy(() => bitsOf(model, ids));
  disposeParameters(model);
  expect(bits).toBeCloseTo(Number(told), 3);
});

it('is held against its checksums before it is used', async () => {
  const copy = newFolder();
  cpSync(bundledModel, copy, { recursive: true });
  const path = join(copy, 'weights.safetensors');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
  await expect(readModel(copy)).rejects.toThrow(/weights\.safetensors: .*checksum/);
});

it('weighs about 3 MB', () => {
  expect(statSync(join(bundledModel, 'weights.safetensors')).size).toBeLessThan(3.5e6);
});
