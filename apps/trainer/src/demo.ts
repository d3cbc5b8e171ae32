/**
 * The main job once, end to end: a fixed pattern, its plan, a model trained on a text that comes along, and a sample.
 * Exit code 1 if the loss that it reaches lies outside the band.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from '@sparse-transformers/models';
import { compile, draw } from '@sparse-transformers/patterns';
import { Progress } from './command-line/index.ts';
import { demo } from './configs/index.ts';
import { unitOf } from './data-kinds/index.ts';
import { demoBand } from './demo-band.ts';
import { TrainerError } from './messages/index.ts';
import { parametersOf, type Run, startRun, train } from './training/index.ts';

const text = fileURLToPath(new URL('../assets/shakespeare.txt', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sparse-demo-'));
const began = performance.now();
let run: Run | undefined;
try {
  run = await startRun({ name: 'demo', config: demo, data: [text], folder, seed: 1, engine: 'wasm' });
  show(run);
  const { steps } = demo.training;
  const unit = unitOf(demo.data);
  const progress = new Progress(process.stdout, { steps, unit, now: () => performance.now() });
  const { validation } = await train(run, { onStep: (metrics) => progress.step(metrics) });
  const bits = validation?.bits ?? Number.NaN;
  const [least, most] = demoBand;
  const isInside = bits >= least && bits <= most;
  progress.say(`
Validation: ${bits.toFixed(3)} ${unit}, expected ${least} to ${most}: ${isInside ? 'inside' : 'OUTSIDE'} the band.

A sample of 200 characters at temperature 0.8:

${await sample(run)}

${((performance.now() - began) / 1000).toFixed(0)} seconds in all.`);
  if (!isInside) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await run?.close();
  rmSync(folder, { recursive: true, force: true });
}

/** What follows the end of a line. */
async function sample({ model, data: { tokenizer }, seed }: Run): Promise<string> {
  if (tokenizer.dataKind !== 'text') throw new TrainerError('The demo is about text.');
  const ids: number[] = [];
  const options = { tokens: 200, temperature: 0.8, seed };
  for await (const [id = 0] of generate(model, [tokenizer.encode('\n')], options)) ids.push(id);
  return tokenizer.decode(ids);
}

/** The pattern, its plan, and what is trained on what. */
function show({ model, started, data }: Run): void {
  const { length } = model.config;
  const pattern = model.config.patterns[0]!;
  const drawing = draw(pattern, { queries: 34 }).replace(/^/gm, '  ');
  console.log(`Which query (row) sees which key (column): ${pattern.name}, the first 34 of ${length}

${drawing}

${compile(pattern, { queries: length }).explain()}

Model: ${model.config.layers} layers, width ${model.config.width}, ${model.config.heads} heads, ${parametersOf(model.parameters).toLocaleString('en-US')} parameters
Text: ${data.tokens.toLocaleString('en-US')} characters of Shakespeare, the last tenth for validation
Engine: ${started.description}
`);
}
