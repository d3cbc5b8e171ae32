import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';

const run = (...args) => spawnSync('node_modules/.bin/sparse-train', args, { encoding: 'utf8' });

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
  'auto',
];
const trained = run(...given, ...small, '--out', 'runs/a', '--seed', '1');
assert.equal(trained.status, 0, trained.stderr);
console.log(trained.stdout, readdirSync('runs/a'));

// A run that exists is not written over, and a field that doesn't exist is refused.
assert.equal(run(...given, ...small, '--out', 'runs/a').status, 1);
assert.match(run(...given, '--model.layer', '1', '--out', 'runs/b').stderr, /model\.layers/);

// What a bug report begins with: every engine, each started in a process of its own.
const { engines, auto } = JSON.parse(run('doctor', '--json').stdout);
console.log(auto, engines);
assert.deepEqual(engines.filter(({ name, runs }) => runs && /^(wasm|cpu)$/.test(name)).length, 2);
console.log('ok');
