import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useEngine } from '@sparse-transformers/engines';
import { disposeParameters } from '@sparse-transformers/layers';
import { decodeSafetensors, encodeSafetensors, generate, type TensorData } from '@sparse-transformers/models';
import { writeCheckpoint } from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { runMain } from './run-main.ts';
import { contentOf, newFolder, tinyFiles, tinyModel, tokenizers, writeRun } from './tiny-run.ts';

let [run, byteRun] = ['', ''];
let files = new Map<string, Uint8Array>();

beforeAll(async () => {
  await useEngine('cpu');
  files = await tinyFiles(tokenizers.characters);
  run = await writeRun(files);
  byteRun = await writeRun(await tinyFiles(tokenizers.bytes));
});

const checkpointOf = (folder: string, step = 300) =>
  join(folder, 'checkpoints', `step-${String(step).padStart(9, '0')}`);

describe('sparse-sample', () => {
  it('writes the prompt and as many characters as asked for, and ends the line', async () => {
    const { text, refusal } = await runMain([run, '--prompt', 'abba', '--tokens', '20']);
    expect(refusal).toBe(null);
    expect(text.startsWith('abba')).toBe(true);
    expect(text.replace(/\n$/, '').length).toBeGreaterThanOrEqual(4 + 19);
    expect(text.endsWith('\n')).toBe(true);
  });

  it('writes each token as it comes', async () => {
    const { pieces } = await runMain([run, '--prompt', 'abba', '--tokens', '20']);
    expect(pieces.length).toBeGreaterThanOrEqual(21);
  });

  it('tells of the checkpoint, the engine and the speed, but not in the text', async () => {
    const { notes, text } = await runMain([run, '--prompt', 'a', '--tokens', '5']);
    expect(notes).toMatch(
      /Model of step 300 in .*step-000000300\nEngine cpu: .*\n5 tokens in .* a second\n$/,
    );
    expect(text).not.toMatch(/Engine|step/);
  });

  it('is the same text for the same seed, and another for another', async () => {
    const sample = async (seed: string) => (await runMain([run, '--prompt', 'abc', '--seed', seed])).text;
    expect(await sample('4')).toBe(await sample('4'));
    expect(await sample('4')).not.toBe(await sample('5'));
  });

  it('is the same text on another engine, for a model whose choices are not close', async () => {
    const greedy = [run, '--prompt', 'abc', '--tokens', '30', '--temperature', '0'];
    const onWasm = await runMain([...greedy, '--engine', 'wasm']);
    expect(onWasm.refusal).toBe(null);
    expect(onWasm.notes).toContain('Engine wasm');
    expect(onWasm.text).toBe((await runMain(greedy)).text);
  });

  it('takes the likeliest character with --top-k 1 as with --temperature 0', async () => {
    const [greedy, only] = [
      await runMain([run, '--prompt', 'abc', '--temperature', '0']),
      await runMain([run, '--prompt', 'abc', '--top-k', '1', '--temperature', '1.7']),
    ];
    expect(only.text).toBe(greedy.text);
  });

  it('fills the room of the model unless told how many tokens', async () => {
    const { notes } = await runMain([run, '--prompt', 'abc']);
    expect(notes).toContain('45 tokens in');
  });

  it('writes several texts with lines --- between them, the first as if alone', async () => {
    const alone = await runMain([run, '--prompt', 'abc', '--tokens', '9']);
    const three = await runMain([run, '--prompt', 'abc', '--tokens', '9', '--samples', '3']);
    const texts = three.text.split('---\n');
    expect(texts).toHaveLength(3);
    expect(texts[0]).toBe(alone.text);
    expect(new Set(texts).size).toBe(3);
  });

  it('writes many texts in their order, more than are decoded side by side', async () => {
    const many = await runMain([run, '--prompt', 'abc', '--tokens', '9', '--samples', '40']);
    const few = await runMain([run, '--prompt', 'abc', '--tokens', '9', '--samples', '34']);
    expect(new Set(many.text.split('---\n')).size).toBe(40);
    expect(many.text.startsWith(few.text)).toBe(true);
  });

  it('takes the likeliest character with a small --top-p', async () => {
    const greedy = await runMain([run, '--prompt', 'abc', '--temperature', '0']);
    expect((await runMain([run, '--prompt', 'abc', '--top-p', '0.001'])).text).toBe(greedy.text);
  });

  it('begins with an end of a line that it does not write, unless it is given a beginning', async () => {
    const options = ['--tokens', '20', '--seed', '7'];
    const [given, none] = [
      await runMain([run, '--prompt', '\n', ...options]),
      await runMain([run, ...options]),
    ];
    expect(`\n${none.text}`).toBe(given.text);
  });

  it('begins with nothing where the model has learned to', async () => {
    const learned = await writeRun(await tinyFiles(tokenizers.characters, 1, { start: 'learned' }));
    const [given, none] = [await runMain([learned, '--prompt', '']), await runMain([learned])];
    expect(none.notes).toContain('48 tokens in');
    expect(none.text).toBe(given.text);
  });

  it('reads a model that was exported: a folder with a manifest, and no optimiser', async () => {
    const exported = await writeRun(new Map([...files].filter(([name]) => name !== 'state.json')), 0);
    const options = ['--prompt', 'abc', '--temperature', '0'];
    const { text } = await runMain([checkpointOf(exported, 0), ...options]);
    expect(text).toBe((await runMain([run, ...options])).text);
  });

  it('takes the average of the weights, if the run keeps one and has begun it', async () => {
    const others = (await tinyFiles(tokenizers.characters, 2)).get('weights.safetensors')!;
    const averages = [...decodeSafetensors(others).tensors].map(
      ([name, values]) => [`average.${name}`, values] as const,
    );
    const withAverage = (tensors: Map<string, TensorData>) =>
      writeRun(new Map([...files, ['average.safetensors', encodeSafetensors(tensors)]]));
    const updates = { dtype: 'I32', shape: [], values: Int32Array.of(3) } as const;
    const greedy = async (folder: string) =>
      (await runMain([folder, '--prompt', 'abc', '--temperature', '0'])).text;
    const averaged = await greedy(await withAverage(new Map([...averages, ['updates', updates] as const])));
    expect(averaged).toBe(await greedy(await writeRun(await tinyFiles(tokenizers.characters, 2))));
    expect(averaged).not.toBe(await greedy(run));
    expect(await greedy(await withAverage(new Map([['updates', updates]])))).toBe(await greedy(run));
    const broken = await withAverage(new Map(averages.slice(1)));
    expect((await runMain([broken])).refusal).toMatch(
      /average\.safetensors: .*missing.*take another checkpoint/,
    );
  });

  it('reads the prompt from a file, as it is', async () => {
    const file = join(newFolder(), 'beginning.txt');
    writeFileSync(file, 'ab\ncd\n');
    const { text } = await runMain([run, '--prompt-file', file, '--tokens', '1']);
    expect(text.startsWith('ab\ncd\n')).toBe(true);
  });

  it('drops a byte-order mark before a prompt, as training does', async () => {
    const file = join(newFolder(), 'marked.txt');
    writeFileSync(file, '\ufeffab\n');
    for (const args of [
      [run, '--prompt-file', file],
      [run, '--prompt', '-'],
    ]) {
      const { text } = await runMain([...args, '--tokens', '1'], Buffer.from('\ufeffab\n'));
      expect(text.startsWith('ab\n')).toBe(true);
    }
  });

  it('reads the prompt from standard input, as it is', async () => {
    const { text } = await runMain([run, '--prompt', '-', '--tokens', '1'], Buffer.from('ab\ncd\n'));
    expect(text.startsWith('ab\ncd\n')).toBe(true);
  });

  it('takes the newest checkpoint of a run, or the one that is named', async () => {
    const both = await writeRun(files, 100);
    await writeCheckpoint(both, 200, await tinyFiles(tokenizers.characters, 2), { keep: 5 });
    const options = ['--prompt', 'abc', '--temperature', '0'];
    const [newest, named] = [
      await runMain([both, ...options]),
      await runMain([checkpointOf(both, 100), ...options]),
    ];
    expect(newest.notes).toContain('Model of step 200');
    expect(named.notes).toContain('Model of step 100');
    expect(named.text).toBe((await runMain([run, ...options])).text);
    expect(newest.text).not.toBe(named.text);
  });

  it('never cuts a character of bytes, and shows bytes that are none as U+FFFD', async () => {
    const { pieces, text } = await runMain([byteRun, '--prompt', 'é', '--tokens', '46', '--seed', '3']);
    for (const piece of pieces) expect(piece).not.toMatch(/\p{Surrogate}/u);
    // A model of random bytes: few are whole characters beyond ASCII.
    expect(text).toContain('\uFFFD');
    expect(new TextDecoder().decode(new TextEncoder().encode(text))).toBe(text);
  });

  it('writes all that the tokens say, also half a character at the end', async () => {
    const model = tinyModel(tokenizers.bytes);
    let cut = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const ids: number[] = [];
      for await (const [id] of generate(model, [[97]], { tokens: 4, seed })) ids.push(id!);
      if (ids.at(-1)! >= 0xc2 && ids.at(-1)! <= 0xf4) cut++;
      const { text } = await runMain([byteRun, '--prompt', 'a', '--tokens', '4', '--seed', String(seed)]);
      expect(text.replace(/\n$/, '')).toBe(`a${tokenizers.bytes.decode(ids)}`.replace(/\n$/, ''));
    }
    disposeParameters(model);
    expect(cut).toBeGreaterThan(0);
  });

  it('shows control characters to a terminal, which would obey them, and leaves them alone elsewhere', async () => {
    const args = [byteRun, '--prompt', 'a\u001b[2J\tb', '--tokens', '30'];
    const [piped, shown] = [await runMain(args), await runMain(args, undefined, true)];
    expect(piped.text).toContain('a\u001b[2J\tb');
    expect(shown.text).toContain('a\uFFFD[2J\tb');
    expect(shown.text).toBe(piped.text.replace(/[^\P{Cc}\t\n]/gu, '\uFFFD'));
  });

  it('prints its help and its version, and nothing else', async () => {
    const help = await runMain(['--help']);
    expect(help.text).toContain('sparse-sample runs/a --prompt "ROMEO:" --tokens 200 --temperature 0.8');
    expect((await runMain(['--version'])).text).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(help.notes).toBe('');
  });

  it('leaves no tensor behind, and the run as it was', async () => {
    const [content, tensors] = [contentOf(run), tf.memory().numTensors];
    await runMain([run, '--prompt', 'abc']);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(contentOf(run)).toEqual(content);
  });
});
