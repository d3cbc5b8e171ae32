/**
 * The paper's tables 2 and 3 in small: the same model with dense, fixed and strided attention, trained for the same steps on text and on
 * images; loss on the valid split and seconds a step. Then, for text with the fixed pattern, loss against the minimum context.
 *
 * A run (data × pattern × seed) is a process of its own; several run side by side. One takes about 8 minutes on 4 fast cores.
 * Settings and data come from environment variables: see README.md, which also tells how to run it as one file.
 */
import type { Report } from './bench.ts';
import { runAll } from './paper/run-all.ts';
import { readSettings } from './paper/settings.ts';

/** The figures of all runs, as they end. */
export async function run(report: Report): Promise<void> {
  await runAll(readSettings(process.env), report);
}
