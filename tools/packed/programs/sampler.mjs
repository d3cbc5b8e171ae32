// needs: @sparse-transformers/trainer
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const run = (name, ...args) => spawnSync(`node_modules/.bin/${name}`, args, { encoding: 'utf8' });

writeFileSync('text.txt', 'To be, or not to be, that is the question.\n'.repeat(400));
const small = ['--model.layers', '1', '--model.width', '16', '--model.heads', '2', '--model.length', '32'];
const given = [
  '--config',
  'tiny-text',
  '--data',
  'text.txt',
  '--steps',
  '3',
  '--training.warmupSteps',
  '1',
  '--engine',
  'cpu',
];
const trained = run('sparse-train', ...given, ...small, '--out', 'runs/a', '--seed', '1');
assert.equal(trained.status, 0, trained.stderr);

const prompt = ['runs/a', '--prompt', 'To be', '--tokens', '10', '--seed', '1', '--engine', 'cpu'];
const sampled = run('sparse-sample', ...prompt);
assert.equal(sampled.status, 0, sampled.stderr);
assert.equal(run('sparse-sample', ...prompt).stdout, sampled.stdout);
const bundled = run('sparse-sample', '--prompt', 'ROMEO:', '--tokens', '10', '--engine', 'cpu');
assert.equal(bundled.status, 0, bundled.stderr);
assert.match(bundled.stdout, /^ROMEO:/);
assert.equal(run('sparse-sample', 'runs/none', '--prompt', 'To be').status, 1);
console.log(`${sampled.stdout}\nok`);
