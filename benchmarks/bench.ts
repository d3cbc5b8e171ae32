/**
 * `pnpm bench NAME [--json]`: runs benchmarks/NAME.ts and prints its figures, each beside what it must reach.
 *
 * A benchmark is a file beside this one that exports `run(report)`; what it needs besides lives in folders.
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isMet } from './figures/is-met.ts';

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

Exits 1 when a figure misses what it must reach.`;

const printLine = (figure: Figure, met: boolean) =>
  console.log(
    JSON.stringify({ must: '', ...figure, met }, ['name', 'engine', 'value', 'unit', 'must', 'met']),
  );

const printRow = ({ name, engine, value, unit, must = '' }: Figure, met: boolean) =>
  console.log(
    [
      name.padEnd(48),
      engine.padEnd(10),
      value.toLocaleString('en-US', { maximumSignificantDigits: 4 }).padStart(12),
      unit.padEnd(12),
      must.padStart(12),
      must === '' ? '' : met ? 'met' : 'MISSED',
    ].join('  '),
  );

/** Runs one benchmark and tells whether all its figures reached what they must. */
async function bench(name: string, print: typeof printRow): Promise<boolean> {
  const { run } = (await import(`./${name}.ts`)) as Benchmark;
  let allMet = true;
  await run((figure) => {
    const met = isMet(figure);
    allMet &&= met;
    print(figure, met);
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
