/** The machine that runs a benchmark, and those whose figures are judged: a speed that holds on one processor says nothing of another. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** A machine by its name, as `thisMachine` gives it. */
export type Machine = string;

/** The cores and the processor. Virtual machines often hide the model: then the instruction set says more. */
export function thisMachine(): Machine {
  const model = cpus()[0]?.model ?? 'an unknown processor';
  const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  return `${availableParallelism()} cores of ${model}${flags.includes('avx512f') ? ' with AVX-512' : ''}`;
}

/** The one of docs/results/cpu.md and patterns.md: Sapphire Rapids, a virtual machine. */
export const twoXeonCores: Machine = '2 cores of Intel(R) Xeon(R) Processor with AVX-512';
