/**
 * Compiling patterns: time and memory of the plans of a million queries, of a hand-given predicate, and the pairs of the paper's table.
 *
 * Command: `pnpm bench patterns`. Machine of the numbers in docs/results/patterns.md: two cores; seconds: 50.
 * Each compile runs in a fresh process, so that it is cold. Time is that of the fastest of some processes, since other programs on the
 * machine only ever add to it; processor time, of all threads, is told beside it. Memory is the most that one of them added to its process.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { causal, compile, fixed, type Pattern, strided } from '@sparse-transformers/patterns';
import type { Report } from './bench.ts';
import { twoXeonCores } from './figures/machine.ts';

const million = 1_048_576;

/** What compiling cost a fresh process. */
interface Measured {
  readonly milliseconds: number;
  /** Of all threads: compiling and collecting garbage run beside the program. */
  readonly processorMilliseconds: number;
  readonly megabytes: number;
}

export function run(report: Report): void {
  for (const name of ['strided', 'fixed']) {
    reportCompile(report, `compile ${name}, ${million} queries`, name, 15, 200, 200);
  }
  for (const name of ['predicate-causal', 'predicate-distinct']) {
    reportCompile(report, `compile ${name}, 16384 queries`, name, 3, 10_000, 100);
  }
  reportPairs(report);
}

function reportCompile(
  report: Report,
  name: string,
  plan: string,
  times: number,
  mostMilliseconds: number,
  mostMegabytes: number,
): void {
  const all = Array.from({ length: times }, () => measure(plan));
  report({
    name: `${name}: time`,
    engine: 'none',
    value: Math.min(...all.map(({ milliseconds }) => milliseconds)),
    unit: 'ms',
    must: `<= ${mostMilliseconds}`,
    on: twoXeonCores,
  });
  report({
    name: `${name}: processor time`,
    engine: 'none',
    value: Math.min(...all.map(({ processorMilliseconds }) => processorMilliseconds)),
    unit: 'ms',
  });
  report({
    name: `${name}: memory`,
    engine: 'none',
    value: Math.max(...all.map(({ megabytes }) => megabytes)),
    unit: 'MB',
    must: `<= ${mostMegabytes}`,
  });
}

/** Compiles in a process of its own, with the settings of this one. */
function measure(plan: string): Measured {
  const program = join(import.meta.dirname, 'patterns/compile-once.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, program, plan], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`patterns: compiling ${plan} failed: ${stderr}`);
  return JSON.parse(stdout) as Measured;
}

/** Pairs kept, of all causal ones, in the five rows of the paper's sizes. Exact counts, worked out by hand from the definitions. */
const table = [
  { n: 3_072, l: 96, c: 32, strided: 337_968, fixed: 1_672_704 },
  { n: 12_288, l: 128, c: 32, strided: 2_148_416, fixed: 19_470_336 },
  { n: 12_288, l: 128, c: 8, strided: 2_148_416, fixed: 5_462_016 },
  { n: 65_536, l: 256, c: 1, strided: 25_100_416, fixed: 16_777_216 },
  { n: million, l: 1024, c: 1, strided: 1_609_564_672, fixed: 1_073_741_824 },
] as const;

function reportPairs(report: Report): void {
  for (const { n, l, c, ...must } of table) {
    const dense = compile(causal(), { queries: n }).pairs;
    const kept = (name: string, pattern: Pattern, expected: number) => {
      const { pairs } = compile(pattern, { queries: n });
      const share = ((100 * Number(pairs)) / Number(dense)).toPrecision(3);
      report({
        name: `pairs of ${name}, n ${n}, l ${l}, c ${c} (${share} %)`,
        engine: 'none',
        value: Number(pairs),
        unit: 'pairs',
        must: `= ${expected}`,
      });
    };
    kept('strided', strided({ stride: l, window: l + 1 }), must.strided);
    kept('fixed', fixed({ block: l, summary: c }), must.fixed);
  }
}
