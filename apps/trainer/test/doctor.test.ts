/** `sparse-train doctor`: what it says of engines that run, that don't, and that take their process down. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doctor } from '../src/doctor/doctor.ts';
import type { DoctorReport } from '../src/doctor/report.ts';
import { writeReport } from '../src/doctor/write-report.ts';
import { Trial } from './trial.ts';

const trial = new Trial();
afterAll(() => trial.remove());

/** Stands for this program: native crashes, wasm runs, auto takes it, and everything else is missing. */
const standIn = `
const name = process.argv[process.argv.indexOf('--engine') + 1];
if (name === 'native') { console.error('about to crash'); process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000); }
const speed = { threads: 2, startMs: 60.4, productGflops: 87.64, trainingTokensPerSecond: null, failures: ['the training step failed: why'] };
const wasm = { name: 'wasm', runs: true, words: 'WebAssembly of ' + process.argv.slice(2).join(' '), composed: ['Dropout'], speed };
const auto = { name: 'wasm', runs: true, words: 'auto took wasm, the fastest', composed: [], speed: null };
const missing = { name, runs: false, words: name + " isn't there", composed: null, speed: null };
if (name !== 'native') console.log('a library says hello\\n' + JSON.stringify({ wasm, auto }[name] ?? missing));
`;

let report: DoctorReport;

beforeAll(async () => {
  writeFileSync(trial.path('program.cjs'), standIn);
  const program = [process.execPath, trial.path('program.cjs')];
  report = await doctor({ version: '1.2.3', program, threads: 2 });
});

describe('the report', () => {
  it('has every engine once', () => {
    const names = report.engines.map(({ name }) => name);
    expect(names).toEqual(['cuda', 'native', 'wasm', 'webgpu', 'tensorflow', 'cpu']);
  });

  it('outlives an engine that takes its process down, and tells its last words', () => {
    expect(report.engines[1]).toEqual({
      name: 'native',
      runs: false,
      words: 'it ended its process (SIGSEGV). about to crash',
      composed: null,
      speed: null,
    });
  });

  it('starts each engine by this program, with the threads that were asked for', () => {
    expect(report.engines[2]?.words).toBe('WebAssembly of doctor --json --engine wasm --threads 2');
  });

  it('knows what auto takes', () => {
    expect(report.auto).toEqual({ name: 'wasm', reason: 'auto took wasm, the fastest' });
  });

  it('names the machine and Node', () => {
    expect(report.machine).toMatchObject({ node: process.version, usableCores: expect.any(Number) });
  });

  it('finds the packages that engines are made of', () => {
    const found = report.libraries.map(({ name, version }) => [name, version]);
    expect(found).toEqual(
      expect.arrayContaining([
        ['@tensorflow/tfjs-core', '4.22.0'],
        ['@sparse-transformers/device-wasm', '0.0.0'],
        ['koffi', expect.stringMatching(/^3\./)],
      ]),
    );
  });
});

describe('the report in plain text', () => {
  it('marks the choice of auto, and tells speeds, threads and what failed', () => {
    expect(writeReport(report)).toContain(
      `  wasm: runs, the choice of auto
    WebAssembly of doctor --json --engine wasm --threads 2
    our ops: fused, but for Dropout, which are composed
    starts in 60 ms; product of 512 × 512 matrices 87.6 GFLOP/s; 2 threads
    the training step failed: why
`,
    );
  });

  it('says why an engine does not run', () => {
    expect(writeReport(report)).toContain("  cpu: does not run\n    cpu isn't there\n");
  });

  it('ends with what auto takes and why', () => {
    expect(writeReport(report)).toMatch(/\nauto took wasm, the fastest\n$/);
  });
});

describe('sparse-train doctor', () => {
  it('measures one engine in its own process, as JSON', async () => {
    const { code, output } = await trial.run(['doctor', '--engine', 'wasm', '--json']);
    expect([code, JSON.parse(output)]).toEqual([
      0,
      {
        name: 'wasm',
        runs: true,
        words: expect.stringContaining('WebAssembly'),
        composed: [],
        speed: {
          threads: expect.any(Number),
          startMs: expect.any(Number),
          productGflops: expect.any(Number),
          trainingTokensPerSecond: expect.any(Number),
          failures: [],
        },
      },
    ]);
  });

  it('says of an engine that can not run what is missing, which is no failure', async () => {
    expect(await trial.run(['doctor', '--engine', 'cuda'])).toMatchObject({
      code: 0,
      output: expect.stringContaining("cuda: does not run\n    Engine 'cuda' is not in this release"),
    });
  });

  it('refuses what it does not know', async () => {
    expect(await trial.run(['doctor', '--loud'])).toMatchObject({
      code: 1,
      errors: expect.stringContaining("unknown option '--loud'. See sparse-train doctor --help."),
    });
  });
});
