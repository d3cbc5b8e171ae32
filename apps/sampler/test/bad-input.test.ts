/** What a user can get wrong, and what the disk can do to a run: each is refused by a message that helps. */
import { appendFileSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useEngine } from '@sparse-transformers/engines';
import { decodeSafetensors, encodeSafetensors } from '@sparse-transformers/models';
import { buildCharacterTokenizer } from '@sparse-transformers/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { runMain } from './run-main.ts';
import { contentOf, json, newFolder, root, tinyFiles, tokenizers, writeRun } from './tiny-run.ts';

let [run, byteRun] = ['', ''];
let files = new Map<string, Uint8Array>();
let noLines = new Map<string, Uint8Array>();

beforeAll(async () => {
  await useEngine('cpu');
  files = await tinyFiles(tokenizers.characters);
  run = await writeRun(files);
  noLines = await tinyFiles(buildCharacterTokenizer(' abcdefghij'));
  byteRun = await writeRun(await tinyFiles(tokenizers.bytes));
});

const checkpointOf = (folder: string) => join(folder, 'checkpoints', 'step-000000300');

/** A run whose checkpoint was written with other files, whole by its manifest. */
const runWith = (change: Record<string, Uint8Array>) =>
  writeRun(new Map([...files, ...Object.entries(change)]));

const modelJson = (change: object) =>
  json({ ...JSON.parse(new TextDecoder().decode(files.get('model.json'))), ...change });

/** A run whose disk was at fault afterwards. */
async function damaged(file: string, damage: (path: string) => void): Promise<string> {
  const folder = await writeRun(files);
  damage(join(checkpointOf(folder), file));
  return folder;
}

function flipByte(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
}

const withPrompt = (folder: string) => [folder, '--prompt', 'abc'];

/** What is wrong, the arguments, and what the message must say: the thing, what was expected, what came, the way out. */
const refusals: [string, () => Promise<string[]> | string[], RegExp][] = [
  [
    'no such run',
    () => withPrompt('/no/such/run'),
    /^\/no\/such\/run: expected the folder of a run.*no such folder.*sparse-train --out/,
  ],
  [
    'a file for a run',
    () => withPrompt(join(checkpointOf(run), 'model.json')),
    /model\.json: expected the folder.*it is a file/,
  ],
  [
    'a run without a checkpoint',
    () => withPrompt(newFolder()),
    /run-.*: expected a run with a checkpoint in .*checkpoints, but there is none/,
  ],
  [
    'weights with a flipped byte',
    async () => withPrompt(await damaged('weights.safetensors', flipByte)),
    /weights\.safetensors: .*changed since it was written.*remove its folder/,
  ],
  ...['checkpoints', 'checkpoints/step-000000300', 'checkpoints/step-000000300/model.json'].map(
    (place): [string, () => Promise<string[]>, RegExp] => [
      `a link in the place of ${place}`,
      async () => {
        const folder = await writeRun(files);
        rmSync(join(folder, place), { recursive: true });
        symlinkSync(join(run, place), join(folder, place));
        return withPrompt(folder);
      },
      /run-.*: expected a (regular file|folder)/,
    ],
  ),
  [
    'truncated weights',
    async () => withPrompt(await damaged('weights.safetensors', (path) => truncateSync(path, 99))),
    /weights\.safetensors: expected \d+ bytes; got 99; remove its folder/,
  ],
  [
    'a longer tokenizer',
    async () => withPrompt(await damaged('tokenizer.json', (path) => appendFileSync(path, ' '))),
    /tokenizer\.json: expected \d+ bytes/,
  ],
  [
    'no tokenizer in the checkpoint',
    () => writeRun(new Map([...files].filter(([name]) => name !== 'tokenizer.json'))).then(withPrompt),
    /tokenizer\.json: expected in the checkpoint.*has only model\.json/,
  ],
  [
    'model.json of a later version',
    async () => withPrompt(await runWith({ 'model.json': modelJson({ version: 99 }) })),
    /model\.json: .*version \d+.*release/,
  ],
  [
    'model.json that is no JSON',
    async () => withPrompt(await runWith({ 'model.json': Buffer.from('{"a":') })),
    /model\.json: .*JSON/,
  ],
  [
    'a pattern that is none',
    async () => withPrompt(await runWith({ 'model.json': modelJson({ patterns: [{}] }) })),
    /model\.json: .*pattern/i,
  ],
  [
    'a tokenizer of another run',
    async () => withPrompt(await runWith({ 'tokenizer.json': json(tokenizers.bytes) })),
    /vocabulary of 12, but tokenizer\.json has 256 ids.*not of one run/,
  ],
  [
    'a model as large as memory',
    async () => withPrompt(await runWith({ 'model.json': modelJson({ width: 2 ** 18 }) })),
    /weights\.safetensors: expected at least \d+ bytes.* but it has \d+/,
  ],
  [
    'weights of another pattern of layers',
    async () => withPrompt(await runWith({ 'model.json': modelJson({ layers: 1 }) })),
    /weights\.safetensors: .*"blocks\.1\..*take another checkpoint/,
  ],
  [
    'weights that are NaN',
    async () => withPrompt(await runWith({ 'weights.safetensors': withNaN() })),
    /weights\.safetensors: .*"finalNorm\.gain": expected finite numbers; got NaN at place 0; take another checkpoint/,
  ],
  [
    'an unknown character',
    () => [run, '--prompt', 'abé'],
    /--prompt: U\+00E9 "é" at character 2 .*12 different characters.*Leave it out/,
  ],
  [
    'an empty prompt',
    () => [run, '--prompt', ''],
    /--prompt is empty.*at least one character.*such as --prompt "A"/,
  ],
  ['nothing on standard input', () => [run, '--prompt', '-'], /--prompt is empty/],
  [
    'a prompt as long as the model',
    () => [run, '--prompt', 'a'.repeat(48)],
    /--prompt has 48 tokens.*at most 48.*Shorten it to 47/,
  ],
  [
    'more tokens than the model has room for',
    () => [...withPrompt(run), '--tokens', '46'],
    /--tokens asks for 46 after a prompt of 3.*at most 48.*--tokens 45/,
  ],
  [
    '--tokens 0',
    () => [...withPrompt(run), '--tokens', '0'],
    /--tokens must be a whole number from 1 .*such as 1, but is "0"/,
  ],
  ['--tokens -1', () => [...withPrompt(run), '--tokens', '-1'], /--tokens .* is "-1"/],
  ['--tokens 1.5', () => [...withPrompt(run), '--tokens', '1.5'], /--tokens .* is "1\.5"/],
  ['--tokens of nothing', () => [...withPrompt(run), '--tokens', ''], /--tokens .* is ""/],
  [
    '--temperature -1',
    () => [...withPrompt(run), '--temperature', '-1'],
    /--temperature must be a number from 0 .*such as 0\.8, but is "-1"/,
  ],
  ['--temperature NaN', () => [...withPrompt(run), '--temperature', 'NaN'], /--temperature .* is "NaN"/],
  [
    '--top-k 0',
    () => [...withPrompt(run), '--top-k', '0'],
    /--top-k must be a whole number from 1 .* is "0"/,
  ],
  [
    '--seed 1.5',
    () => [...withPrompt(run), '--seed', '1.5'],
    /--seed must be a whole number from 0 .* is "1\.5"/,
  ],
  ['--samples none', () => [...withPrompt(run), '--samples', 'none'], /--samples .* is "none"/],
  ['--threads 0', () => [...withPrompt(run), '--threads', '0'], /--threads .* from 1 .* is "0"/],
  [
    'an unknown engine',
    () => [...withPrompt(run), '--engine', 'gpu'],
    /--engine must be one of auto, .*cpu, but is "gpu"/,
  ],
  [
    'an engine of another release',
    () => [...withPrompt(run), '--engine', 'cuda'],
    /'cuda' is not in this release.*native, wasm, .*cpu/,
  ],
  [
    'an unknown option',
    () => [...withPrompt(run), '--temprature', '1'],
    /unknown option '--temprature'.*--temperature.*See sparse-sample --help/,
  ],
  [
    'two beginnings',
    () => [...withPrompt(run), '--prompt-file', 'a.txt'],
    /--prompt and --prompt-file were both given.*Give one/,
  ],
  [
    'a beginning in a file that is not there',
    () => [run, '--prompt-file', '/no/such.txt'],
    /--prompt-file \/no\/such\.txt: expected a file of text, but ENOENT/,
  ],
  [
    'a beginning in a file of other bytes',
    () => [run, '--prompt-file', join(checkpointOf(run), 'weights.safetensors')],
    /--prompt-file .*weights\.safetensors: expected UTF-8.*iconv/,
  ],
  [
    '--top-p 0',
    () => [...withPrompt(run), '--top-p', '0'],
    /--top-p must be a number above 0, at most 1.* is "0"/,
  ],
  ['--top-p 1.5', () => [...withPrompt(run), '--top-p', '1.5'], /--top-p .* is "1\.5"/],
  [
    '--out',
    () => [...withPrompt(run), '--out', 'a.txt'],
    /--out was given, but this is a model of text.*> file/,
  ],
  ['--seconds', () => [...withPrompt(run), '--seconds', '1'], /--seconds was given.*text\. Give --tokens/],
  ['rows of text', () => [run, '--prompt-rows', '1'], /--prompt-rows was given.*text/],
  ['a start in text', () => [run, '--prompt-start', '1'], /--prompt-start was given.*text.*--prompt/],
  ['an enlarged text', () => [run, '--scale', '2'], /--scale was given.*text/],
  ['seconds of text', () => [run, '--prompt-seconds', '1'], /--prompt-seconds was given.*text/],
  [
    'no beginning where the model does not know the end of a line',
    () => writeRun(noLines).then((folder) => [folder]),
    /--prompt: U\+000A .*11 different characters/,
  ],
  ['two runs', () => [run, run, '--prompt', 'a'], /too many arguments/],
];

function withNaN(): Uint8Array {
  const { tensors } = decodeSafetensors(files.get('weights.safetensors')!);
  tensors.get('finalNorm.gain')!.values[0] = Number.NaN;
  return encodeSafetensors(tensors);
}

describe('sparse-sample refuses', () => {
  it.each(refusals)('%s, by a message that helps, and writes nothing', async (_, argumentsOf, message) => {
    const args = await argumentsOf();
    const content = contentOf(root);
    const { refusal, text } = await runMain(args);
    expect(refusal).toMatch(message);
    expect(refusal).not.toMatch(/\n {4}at /);
    expect(text.replace(/^abc/, '')).toBe('');
    expect(contentOf(root)).toEqual(content);
  });

  it('bytes on standard input that are not UTF-8', async () => {
    const { refusal } = await runMain([byteRun, '--prompt', '-'], Uint8Array.of(97, 0xff));
    expect(refusal).toMatch(/--prompt -: expected UTF-8.*iconv/);
  });
});
