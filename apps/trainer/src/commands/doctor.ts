/** `sparse-train doctor`: which engines run here, and how fast. */
import { engineWords, exitCodes, type Subcommand } from '../command-line/index.ts';
import { doctor, examineEngine, writeExamination, writeReport } from '../doctor/index.ts';
import { readVersion } from '../version.ts';

const examples = `
Examples:
  sparse-train doctor
  sparse-train doctor --engine native --json`;

/** The subcommand. */
export const doctorCommand: Subcommand = {
  name: 'doctor',
  summary: 'which engines run here and how fast, to paste into a bug report',
  define(command) {
    command
      .description(
        'Prints which engines run here and how fast, with libraries, threads and memory, to paste into a bug report.',
      )
      .option(
        '--engine <name>',
        `only this engine (${engineWords}), in this very process: a crash is not caught`,
      )
      .option('--threads <number>', 'the most threads that one op may use (default: all cores)')
      .option('--json', 'print JSON')
      .addHelpText('after', examples);
  },
  async run(line, { output, program }) {
    const [engine, threads] = [line.text('engine'), line.whole('threads', 1)];
    if (engine !== undefined) {
      const examination = await examineEngine(engine, threads === undefined ? {} : { threads });
      output.write(line.has('json') ? `${JSON.stringify(examination)}\n` : writeExamination(examination));
      return exitCodes.done;
    }
    const report = await doctor({ version: readVersion(), program, threads });
    output.write(line.has('json') ? `${JSON.stringify(report, null, 2)}\n` : writeReport(report));
    return exitCodes.done;
  },
};
