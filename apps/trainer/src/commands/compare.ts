/** `sparse-train compare`: several runs in one picture. */
import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { exitCodes, type Subcommand } from '../command-line/index.ts';
import { compareAsHtml, compareAsSvg } from '../compare/index.ts';
import { show, TrainerError } from '../messages/index.ts';
import type { CurveBase } from '../report/index.ts';

const bases: readonly CurveBase[] = ['steps', 'tokens', 'seconds'];
const example = 'sparse-train compare runs/a runs/b --out compare.html';

const examples = `
Examples:
  ${example}
  sparse-train compare runs/fixed runs/dense --by seconds --out compare.svg`;

/** The subcommand. */
export const compareCommand: Subcommand = {
  name: 'compare',
  summary: 'the curves of several runs in one picture, and what the runs differ in',
  define(command) {
    command
      .description(
        'Draws the curves of several runs in one plot, with what they differ in and where they stand.',
      )
      .argument('<runs...>', 'the folders of the runs')
      .option('--out <file>', 'an .svg or .html file to write (default: compare.html)')
      .option('--by <base>', `what runs along the curves: ${bases.join(', ')} (default: steps)`)
      .addHelpText('after', examples);
  },
  async run(line, { output }) {
    const out = line.text('out') ?? 'compare.html';
    const by = baseOf(line.text('by') ?? 'steps');
    writeFileSync(out, writerOf(out)(line.words, { by }));
    output.write(`${out}\n`);
    return exitCodes.done;
  },
};

function baseOf(word: string): CurveBase {
  const base = bases.find((known) => known === word);
  if (base !== undefined) return base;
  throw new TrainerError(`--by must be one of ${bases.join(', ')}; got ${show(word)}.`);
}

function writerOf(out: string): typeof compareAsHtml {
  const writers = new Map([
    ['.html', compareAsHtml],
    ['.svg', compareAsSvg],
  ]);
  const writer = writers.get(extname(out).toLowerCase());
  if (writer !== undefined) return writer;
  throw new TrainerError(`--out must end in .svg or .html; got ${show(out)}. For example: ${example}`);
}
