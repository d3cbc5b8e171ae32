/** The doctor's report in plain text. */
import type { DoctorReport, EngineExamination, EngineSpeed, Library, Machine } from './report.ts';

/** Plain text for a terminal, a mail or a bug report. */
export function writeReport(report: DoctorReport): string {
  const environment = Object.entries(report.environment).map(([name, value]) => `  ${name}=${value}`);
  const lines = [
    `sparse-train ${report.version} doctor`,
    ...machineLines(report.machine),
    'Libraries',
    ...report.libraries.map(libraryLine),
    ...(environment.length === 0 ? [] : ['Environment', ...environment]),
    'Engines',
    ...report.engines.flatMap((engine) => engineLines(engine, engine.name === report.auto?.name)),
    report.auto === null ? 'auto takes none' : report.auto.reason,
  ];
  return `${lines.join('\n')}\n`;
}

/** One engine in plain text. */
export function writeExamination(examination: EngineExamination): string {
  return `${engineLines(examination, false).join('\n')}\n`;
}

function machineLines({ node, platform, processor, cores, usableCores, ...memory }: Machine): string[] {
  const limit = memory.memoryLimit === null ? '' : `, ${gibibytes(memory.memoryLimit)} for this process`;
  return [
    `Node ${node}, ${platform}`,
    `${processor}, ${usableCores} of ${cores} cores`,
    `Memory ${gibibytes(memory.memory)}, ${gibibytes(memory.freeMemory)} free${limit}; the engine wasm can have 4 GiB`,
  ];
}

function libraryLine({ name, version, folder }: Library): string {
  return folder === null ? `  ${name}: not installed` : `  ${name} ${version}  ${folder}`;
}

function engineLines({ name, runs, words, composed, speed }: EngineExamination, isChoice: boolean): string[] {
  const mark = isChoice ? ', the choice of auto' : '';
  const head = [`  ${name}: ${runs ? 'runs' : 'does not run'}${mark}`, `    ${words}`];
  if (speed === null || composed === null) return head;
  const own = `    our ops: ${fusedWords(composed)}`;
  return [...head, own, `    ${speedWords(speed)}`, ...speed.failures.map((failure) => `    ${failure}`)];
}

function fusedWords(composed: 'all' | readonly string[]): string {
  if (composed === 'all') return 'all composed of TensorFlow.js ops';
  return composed.length === 0 ? 'all fused' : `fused, but for ${composed.join(', ')}, which are composed`;
}

function speedWords(speed: EngineSpeed): string {
  const parts = [
    `starts in ${speed.startMs.toFixed(0)} ms`,
    speed.productGflops === null
      ? null
      : `product of 512 × 512 matrices ${significant(speed.productGflops)} GFLOP/s`,
    speed.trainingTokensPerSecond === null
      ? null
      : `tiny training step ${significant(speed.trainingTokensPerSecond)} tokens/s`,
    `${speed.threads} thread${speed.threads === 1 ? '' : 's'}`,
  ];
  return parts.filter((part) => part !== null).join('; ');
}

function significant(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
