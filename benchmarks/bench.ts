/**
 * `pnpm bench NAME [--json]`: runs benchmarks/NAME.ts and prints its figures, each beside what it must reach.
 *
 * A benchmark is a file beside this one that exports `run(report)`; what it needs besides lives in folders.
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Machine, thisMachine } from './figures/machine.ts';
import { verdictOf } from './figures/verdict.ts';

/** One thing measured. */
export interface Figure {
  /** What was measured, such as `compile strided, 1048576 queries`. */
  name: string;
  /** The engine it ran on; `none` where no tensor is involved. */
  engine: string;
  value: number;
  /** The unit of the value, such as `ms`. */
  unit: string;
  /** What the value must reach, such as `<= 200`; nothing for a figure that is only told. */
  must?: string;
  /** The machine on which it must; on all if not given. */
  on?: Machine;
}

/** Takes the figures of a benchmark, one call each, as they come. */
export type Report = (figure: Figure) => void;

interface Benchmark {
  run(report: Report): void | Promise<void>;
}

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'bench.ts')
  .map((file) => file.slice(0, -'.ts'.length));

const usage = `usage: pnpm bench NAME [--json]

  NAME     one of: ${names.join(', ')}
  --json   one JSON object a line: {"name","engine","value","unit","must","met"}
  --help   this text

Exits 1 when a figure misses what it must reach. What holds on another machine than this one (${thisMachine()}) is told, not judged.`;

type Verdict = ReturnType<typeof verdictOf>;

const printLine = (figure: Figure, verdict: Verdict) =>
  console.log(
    JSON.stringify({ must: '', ...figure, verdict }, ['name', 'engine', 'value', 'unit', 'must', 'verdict']),
  );

const printRow = ({ name, engine, value, unit, must = '', on }: Figure, verdict: Verdict) =>
  console.log(
    [
      name.padEnd(48),
      engine.padEnd(10),
      value.toLocaleString('en-US', { maximumSignificantDigits: 4 }).padStart(12),
      unit.padEnd(12),
      must.padStart(12),
      must === '' ? '' : verdict === 'told' ? `told; it holds on ${on}` : verdict,
    ].join('  '),
  );

/** Runs one benchmark and tells whether all its figures reached what they must. */
async function bench(name: string, print: typeof printRow): Promise<boolean> {
  const { run } = (await import(`./${name}.ts`)) as Benchmark;
  let allMet = true;
  await run((figure) => {
    const verdict = verdictOf(figure);
    allMet &&= verdict !== 'missed';
    print(figure, verdict);
  });
  return allMet;
}

function parse() {
  const options = {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    return { ...values, name: positionals.length === 1 ? positionals[0] : undefined };
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    return { json: false, help: false, name: undefined };
  }
}

const { help, json, name } = parse();
if (help) {
  console.log(usage);
} else if (name === undefined || !names.includes(name)) {
  console.error(`bench: ${name === undefined ? 'name one benchmark' : `no benchmark '${name}'`}\n\n${usage}`);
  process.exitCode = 1;
} else if (!(await bench(name, json ? printLine : printRow))) {
  process.exitCode = 1;
}
