/** `sparse-train report`: the report of a run, finished or not, as one HTML file. */
import { exitCodes, type Subcommand } from '../command-line/index.ts';
import { TrainerError } from '../messages/index.ts';
import { writeReport } from '../report/index.ts';

const examples = `
Example:
  sparse-train report runs/a      writes runs/a/report.html, which needs no network and no script`;

/** The subcommand. */
export const reportCommand: Subcommand = {
  name: 'report',
  summary: 'curves, samples, patterns and settings of a run as one HTML file',
  define(command) {
    command
      .description('Writes report.html into the folder of a run: curves, samples, patterns, settings.')
      .argument('<run>', 'the folder of the run')
      .addHelpText('after', examples);
  },
  async run({ words }, { output }) {
    const [folder] = words;
    if (folder === undefined || words.length > 1) {
      throw new TrainerError(
        `report takes the folder of one run; got ${words.length}. For example: sparse-train report runs/a`,
      );
    }
    output.write(`${await writeReport(folder)}\n`);
    return exitCodes.done;
  },
};
